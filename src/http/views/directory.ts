// The JSON of directory rows.
import { callersEnd } from '../../authority/end-instants.ts';
import { isoInstant } from '../../clock.ts';
import type { DirectoryRow, DirectoryTable } from '../../zone/directory.ts';
import { instantOrNull } from './instants.ts';

const factsView = (row: DirectoryRow<DirectoryTable>) => {
  if ('registrationMethod' in row) {
    return { registration_method: row.registrationMethod, expires_at: instantOrNull(callersEnd(row)) };
  }
  if ('sessionType' in row) return { session_type: row.sessionType, expires_at: isoInstant(callersEnd(row)) };
  return { identifier: row.identifier, application_id: row.applicationId, scopes: row.scopes };
};

export const directoryView = (zone: string, name: string, row: DirectoryRow<DirectoryTable>) => ({
  id: name,
  zone_id: zone,
  ...factsView(row),
  registered_at: isoInstant(row.registeredAt),
  archived_at: instantOrNull(row.endedAt),
});
