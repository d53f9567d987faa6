// Limits that count requests a minute, off: a test that is not about them asks as fast as it can.
export const UNLIMITED = {
  COORDINATOR_RATE_LIMIT_PER_MIN: '0',
  INVOCATION_RATE_LIMIT_PER_MIN: '0',
  V1_RATE_LIMIT_PER_MIN: '0',
  VERIFY_RATE_LIMIT_PER_MIN: '0',
  READY_RATE_LIMIT_PER_MIN: '0',
};

/** No reserve: tests that are not about full disks do not wait for it to be written. */
export const NO_RESERVE = { DISK_RESERVE_MIB: '0' };
