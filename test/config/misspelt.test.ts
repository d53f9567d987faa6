// Names of variables that are close to a known one, and names of a usual environment, which must not be reported.
import { expect } from 'chai';
import { variables } from '../../src/config/config.ts';
import { misspeltNames } from '../../src/config/misspelt.ts';

const misspelt = (...names: string[]) => misspeltNames(Object.fromEntries(names.map((name) => [name, 'x'])));

describe('a variable of the environment', () => {
  for (const [name, known] of [
    ['PROT', 'PORT'],
    ['PRT', 'PORT'],
    ['HOSTS', 'HOST'],
    ['port', 'PORT'],
    ['LOGLEVEL', 'LOG_LEVEL'],
    ['LOG_LEVL', 'LOG_LEVEL'],
    ['DATA-DIR', 'DATA_DIR'],
    ['DATADIR', 'DATA_DIR'],
    ['DATA_DIRECTORY', 'DATA_DIR'],
    ['ISSUER_URI', 'ISSUER_URL'],
    ['PUBLIC_URI', 'PUBLIC_URL'],
    ['PUBLICURL', 'PUBLIC_URL'],
    ['TRUST_PROXIES', 'TRUST_PROXY'],
    ['MAX_AGENT_PER_ZONE', 'MAX_AGENTS_PER_ZONE'],
    ['MAX_AGENTS_CHILDREN', 'MAX_AGENT_CHILDREN'],
    ['COORDINATOR_RATE_LIMIT', 'COORDINATOR_RATE_LIMIT_PER_MIN'],
    ['COORDINATOR_RATE_LIMIT_PER_MINUTE', 'COORDINATOR_RATE_LIMIT_PER_MIN'],
    ['SHUTDOWN_GRACE_SECONDS', 'SHUTDOWN_GRACE_MS'],
    ['SESSION_RETENTION_HOURS', 'SESSION_RETENTION_DAYS'],
    ['CARACAL_COORDINATOR_TOKEN_FILES', 'CARACAL_COORDINATOR_TOKEN_FILE'],
    ['CARACAL_COORDINATOR_TOKE', 'CARACAL_COORDINATOR_TOKEN'],
  ] as const) {
    it(`${name} is close to ${known}`, () => {
      expect(misspelt(name)).to.deep.equal([{ name, known, reason: 'spelling' }]);
    });
  }

  it('that names a file for a variable without `fromFile` is reported as not read', () => {
    expect(misspelt('LOG_LEVEL_FILE')).to.deep.equal([
      { name: 'LOG_LEVEL_FILE', known: 'LOG_LEVEL', reason: 'not_read_from_file' },
    ]);
  });

  it('that is known is not reported, nor is the file of a secret', () => {
    const names = Object.values(variables).map(({ name }) => name);
    expect(misspelt(...names, 'CARACAL_COORDINATOR_TOKEN_FILE', 'METRICS_BEARER_FILE')).to.deep.equal([]);
  });

  it('that is long or one of very many is not checked', () => {
    expect(misspelt(`LOG_LEVEL${'L'.repeat(5_000)}`)).to.deep.equal([]);
    const many = Array.from({ length: 3_000 }, (_, index) => `X${index}`);
    expect(misspelt(...many, 'LOG_LEVL')).to.deep.equal([]);
  });

  // Variables of shells, containers, orchestrators, service managers, package managers and build servers.
  const USUAL =
    `HOME PATH PWD OLDPWD SHELL SHLVL USER LOGNAME LANG LANGUAGE LC_ALL LC_CTYPE TERM TERM_PROGRAM COLORTERM EDITOR VISUAL PAGER MAIL TZ
    TMPDIR TMP TEMP HOSTNAME HOSTTYPE OSTYPE MACHTYPE DISPLAY SSH_AUTH_SOCK SSH_CLIENT SSH_CONNECTION SSH_TTY XDG_RUNTIME_DIR XDG_DATA_DIRS
    XDG_DATA_HOME XDG_CONFIG_DIRS XDG_SESSION_ID DBUS_SESSION_BUS_ADDRESS LS_COLORS _ PS1 PS2 IFS CDPATH HISTFILE HISTSIZE MANPATH
    HTTP_PROXY HTTPS_PROXY NO_PROXY ALL_PROXY http_proxy https_proxy no_proxy SSL_CERT_FILE SSL_CERT_DIR NODE_EXTRA_CA_CERTS NODE_ENV
    NODE_OPTIONS NODE_PATH NODE_VERSION YARN_VERSION NODE INIT_CWD COLOR FORCE_COLOR NO_COLOR CI DEBUG
    npm_config_cache npm_config_prefix npm_config_user_agent npm_config_loglevel npm_config_userconfig npm_config_node_gyp npm_execpath npm_node_execpath
    npm_command npm_lifecycle_event npm_lifecycle_script npm_package_name npm_package_version npm_package_json
    KUBERNETES_SERVICE_HOST KUBERNETES_SERVICE_PORT KUBERNETES_SERVICE_PORT_HTTPS KUBERNETES_PORT KUBERNETES_PORT_443_TCP
    KUBERNETES_PORT_443_TCP_PROTO KUBERNETES_PORT_443_TCP_ADDR COORDINATOR_SERVICE_HOST COORDINATOR_SERVICE_PORT COORDINATOR_PORT
    COORDINATOR_PORT_4000_TCP COORDINATOR_PORT_4000_TCP_ADDR AGENT_COORDINATOR_SERVICE_HOST AGENT_COORDINATOR_PORT
    AGENT_COORDINATOR_PORT_4000_TCP_PROTO REDIS_SERVICE_HOST REDIS_PORT REDIS_PORT_6379_TCP_ADDR REDIS_HOST REDIS_PASSWORD REDIS_DB
    POD_NAME POD_NAMESPACE POD_IP NODE_NAME HOST_IP container INVOCATION_ID JOURNAL_STREAM SYSTEMD_EXEC_PID NOTIFY_SOCKET WATCHDOG_USEC
    WATCHDOG_PID LISTEN_FDS LISTEN_PID MAINPID STATE_DIRECTORY RUNTIME_DIRECTORY LOGS_DIRECTORY CACHE_DIRECTORY CONFIGURATION_DIRECTORY
    CREDENTIALS_DIRECTORY GITHUB_ACTIONS GITHUB_TOKEN GITHUB_SHA GITHUB_REF GITHUB_WORKSPACE RUNNER_OS RUNNER_TEMP GITLAB_CI CI_JOB_ID
    CI_COMMIT_SHA BUILD_ID BUILD_NUMBER JENKINS_URL AWS_REGION AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN
    AWS_WEB_IDENTITY_TOKEN_FILE AWS_ROLE_ARN SQS_URL GOOGLE_APPLICATION_CREDENTIALS GCP_PROJECT AZURE_CLIENT_ID DATABASE_URL DATABASE_HOST PGHOST
    PGPORT PGUSER POSTGRES_PASSWORD MYSQL_HOST KAFKA_BROKERS NATS_URL OTEL_EXPORTER_OTLP_ENDPOINT OTEL_SERVICE_NAME OTEL_TRACES_SAMPLER
    OTEL_LOG_LEVEL SENTRY_DSN DYNO WEB_CONCURRENCY MEMORY_AVAILABLE FLY_APP_NAME RENDER COORDINATOR_URL CARACAL_COORDINATOR_URL POST TOKEN ZONE
    TOKEN_FILE SEED PICTURES PRODUCT WORK JAVA_HOME PYTHONPATH VIRTUAL_ENV GOPATH GOROOT CARGO_HOME RUST_LOG DOCKER_HOST COMPOSE_PROJECT_NAME PUBLIC_IP
    PUBLIC_KEY PUBLIC_HOST PUBLIC_PORT NEXT_PUBLIC_API_URL NEXT_PUBLIC_URL EXPO_PUBLIC_API_URL`.split(/\s+/);
  it('of a usual environment is not reported', () => {
    expect(misspelt(...USUAL)).to.deep.equal([]);
  });
});
