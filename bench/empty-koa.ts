// The least a route can cost: Koa and its router, one GET that says {"ok":true}. A process of its own, like the server.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Router } from '@koa/router';
import Koa from 'koa';

const app = new Koa();
const router = new Router();
router.get('/empty', (context) => {
  context.body = { ok: true };
});
app.use(router.routes());
const handle = app.callback();
const server = createServer((request, response) => void handle(request, response)).listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ msg: 'listening', url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }));
});
