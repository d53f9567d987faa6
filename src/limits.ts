// Every bound that is not a setting, with its unit and its reason. A queue, loop, body or buffer without a name here is a bug.
// Limits that belong to one engine or to the bearer check stand beside those.

/** Levels a free-form object (metadata) may nest: the contract's number. */
export const FREE_FORM_DEPTH_MAX = 64;

/** Rows of a list, by default and at most: the contract's numbers. */
export const LIST_LIMIT_DEFAULT = 100;
export const LIST_LIMIT_MAX = 500;

/** Sessions one page of a filtered list looks at before it ends early with a cursor, so that no query holds the zone. */
export const LIST_SCAN_MAX = 10_000;

/** Actors restored, encoded or checked in one turn of the event loop: about two milliseconds of work. */
export const SLICE_ACTORS = 100;

/** Entries folded in one turn of the event loop while a zone wakes. */
export const SLICE_ENTRIES = 100;

/** Things due that happen in one turn of the event loop: about ten milliseconds of work. */
export const SLICE_DUE = 200;

/** Restarts of a zone after a bug within the window; one more leaves it faulted until the process restarts. */
export const ZONE_RESTARTS_MAX = 3;
export const ZONE_RESTART_WINDOW_MS = 60_000;

/** How often a query is repeated because its zone was restarted during it; after that it is refused as retryable. */
export const READ_TRIES_MAX = 3;

/** How long a view of the store may stay open for a reader of a whole zone, milliseconds: replay, verify. */
export const VIEW_OF_ZONE_MS_MAX = 6 * 3_600_000;

/** How often a read-only zone checks whether its journal can be written again, milliseconds. */
export const READ_ONLY_CHECK_MS = 1_000;

/** Longest a caller is told to wait for a limit to ease, seconds. */
export const RETRY_AFTER_MAX_SECONDS = 60;

/** Bytes of metadata, parameters and errors that one zone keeps parsed; what is beyond is read from the journal again. */
export const BODIES_KEPT_BYTES_MAX = 4 * 1024 * 1024;

/** Bytes of the rows of one page: the page ends early with a cursor, and has at least one row. The contract's number. */
export const PAGE_BYTES_MAX = 8 * 1024 * 1024;

/** Ids of one kind that a dry run or an event names; its counts may be larger. */
export const IDS_NAMED_MAX = 1_000;

/** Bytes of what stands beside one entry after a merge, as much as the largest body by default: many small merges must not make more. */
export const METADATA_BYTES_MAX = 1024 * 1024;

/** Service agents of one zone. They never end, so waiting does not help; each costs about 4 KiB of memory. */
export const SERVICES_MAX = 10_000;

/** Invocations of one zone that wait or run; each costs about 4 KiB of memory. */
export const INVOCATIONS_LIVE_MAX = 100_000;

/** Entries of a history shown in one turn of the event loop; one that reached a large subtree takes a millisecond. */
export const SLICE_HISTORY = 10;

/** Active delegation edges of one zone; each costs about 3 KiB of memory. */
export const EDGES_LIVE_MAX = 500_000;

/** Bytes of scopes, resources and names of one edge, and of all active edges of a zone: the contract's numbers. */
export const EDGE_BYTES_MAX = 64 * 1024;
export const EDGES_BYTES_MAX = 512 * 1024 * 1024;

/** Inbound edges of its source that an edge names as considered: they are kept with it. */
export const PARENT_EDGES_NAMED_MAX = 16;

/** Bytes of one service agent without its metadata, and of all of a zone: they are kept in memory. */
export const SERVICE_BYTES_MAX = 64 * 1024;
export const SERVICES_BYTES_MAX = 128 * 1024 * 1024;

/** Bytes of labels and names of the live sessions of a zone; the fields of one session allow about 10 KiB. */
export const SESSIONS_BYTES_MAX = 256 * 1024 * 1024;

/** Bytes of the names and keys of the invocations of a zone that wait or run; the fields of one allow about 5 KiB. */
export const INVOCATIONS_BYTES_MAX = 256 * 1024 * 1024;

/** Rows of a zone's directory, all tables together; each costs about 1 KiB of memory. */
export const DIRECTORY_ROWS_MAX = 10_000;

/** Bytes of scopes and names of one row of the directory, and of all rows of a zone: memory. */
export const DIRECTORY_ROW_BYTES_MAX = 64 * 1024;
export const DIRECTORY_BYTES_MAX = 16 * 1024 * 1024;

/** Ended actors and receipts that are forgotten in one batch. */
export const FORGET_STEP_ACTORS = 500;

/** Stored keys after which such a batch takes nothing more: one long history can have many. */
export const FORGET_STEP_KEYS = 10_000;

/** Rows sorted or merged in one turn of the event loop: about two milliseconds of work. */
export const SLICE_SORTED = 5_000;

/** Keys of an older checkpoint that are deleted in one batch. */
export const SWEEP_STEP_KEYS = 1_000;

/** Entries folded between two checkpoints while a zone wakes, and actors that they touch: this bounds the memory of a fold. */
export const FOLD_STEP_ENTRIES = 1_000;
export const FOLD_STEP_ACTORS = 20_000;

/** How soon forgetting is tried again after the disk refused it, milliseconds. */
export const FORGET_RETRY_MS = 60_000;

/** Zones whose damage is kept and shown by `/ready`; each costs at most a few KiB. */
export const DAMAGED_ZONES_MAX = 1_000;

/** Damages of one zone that a verification tells one by one. */
export const FINDINGS_MAX = 100;

/** Entries read from the journal at a time for a subscriber that is behind. */
export const FEED_PAGE_ENTRIES = 200;

/** Announcements of a zone that are kept for subscribers who come back, and the messages in them. */
export const FEED_RECENT_ENTRIES_MAX = 2_000;
export const FEED_RECENT_MESSAGES_MAX = 20_000;

/** Subscribers written to in one turn of the event loop: a few milliseconds of work. */
export const SLICE_READERS = 50;

/** Viewers of actors in one process: each is told of every change of what it watches. */
export const INSPECTOR_VIEWERS_MAX = 16;

/** Actors of one zone that one viewer is shown; what is beyond is said to be left out. Each costs it about 40 bytes. */
export const INSPECTOR_ACTORS_MAX = 200_000;

/** Messages about one zone that wait for one viewer, about 100 bytes each; with one more it is shown the zone afresh. */
export const INSPECTOR_QUEUE_MAX = 20_000;

/** Actors that are looked at in one turn of the event loop to see whether a viewer wants them: a millisecond of work. */
export const SLICE_LOOKED_AT = 1_000;

/** How often a quiet viewer is told that its stream lives; one that took nothing in from one time to the next is let go; milliseconds. */
export const INSPECTOR_KEEP_ALIVE_MS = 15_000;

/** Bytes that may wait in a viewer's socket before it is given more. */
export const INSPECTOR_SOCKET_BYTES_MAX = 64 * 1024;

/** Bytes of a message from a viewer or an inspector elsewhere, all of which are ignored. */
export const INSPECTOR_MESSAGE_BYTES_MAX = 1024 * 1024;

/** Tickets for a WebSocket that nobody has used yet; one more makes the oldest worthless. */
export const INSPECTOR_TICKETS_MAX = 100;

/** How long a ticket may be used, milliseconds. */
export const INSPECTOR_TICKET_MS = 30_000;

/** How soon an inspector elsewhere is tried again, twice as long each time, and the longest wait; milliseconds. */
export const INSPECTOR_RETRY_MS = 1_000;
export const INSPECTOR_RETRY_MS_MAX = 60_000;

/** Zones that are named to whoever looks for one; any other opens by its name. */
export const INSPECTOR_ZONES_MAX = 1_000;

/** Entries of one actor's history that are read to find the way it took. */
export const INSPECTOR_PATH_ENTRIES_MAX = 5_000;

/** The last steps of that way, which are shown. */
export const INSPECTOR_PATH_STEPS_MAX = 500;

/** How long an inspector elsewhere may take to answer, milliseconds. */
export const INSPECTOR_CONNECT_MS_MAX = 10_000;

/** Zones whose messages are on their way to Redis at a time: one page and one batch of each are in memory. */
export const SINK_ZONES_AT_ONCE = 16;

/** Messages, and about how many bytes of them, that go to Redis in one step: it does nothing else meanwhile, for a few milliseconds. */
export const SINK_BATCH_MESSAGES = 500;
export const SINK_BATCH_BYTES = 1024 * 1024;

/** Messages, over all zones, that are kept for the sink as they happen; what is beyond is read from the journal again. */
export const SINK_FRESH_MESSAGES_MAX = 20_000;

/** Zones of which the sink remembers how far it has come; of others it asks Redis again. One costs about 200 bytes. */
export const SINK_PLACES_MAX = 20_000;

/** Zones that may wait for their turn before the sink looks for more that are behind. */
export const SINK_WAITING_MAX = 1_000;

/** Zones that are compared with Redis in one step, when it is reached. */
export const SINK_LOOK_ZONES = 500;

/** How long Redis may take to answer before the connection is given up, milliseconds. */
export const SINK_ANSWER_MS_MAX = 5_000;

/** How soon Redis is tried again after it could not be reached, doubled each time up to the second, milliseconds. */
export const SINK_CONNECT_MS = 100;
export const SINK_CONNECT_MS_MAX = 5_000;

/** The same for a zone whose messages could not be told. */
export const SINK_RETRY_MS = 250;
export const SINK_RETRY_MS_MAX = 30_000;

/** How soon the log says again that something fails for the same reason, milliseconds: every zone may. */
export const SINK_LOG_MS = 10_000;
