import type { EvidenceOutbox, PendingEvidence } from "../core/delivery.ts";
import type { Database } from "./sql.ts";

export function createEvidenceOutbox(database: Database): EvidenceOutbox {
  return {
    pending: (upstream, afterSeq, limit) =>
      database.all<PendingEvidence>(
        `SELECT events.seq AS seq, body ->> '$.data.sha256' AS sha256 FROM events
         WHERE type = 'org.cunshao.evidence.added' AND seq > ?2 AND body IS NOT NULL AND sha256 IS NOT NULL
           AND seq <= (SELECT coalesce(max(last_seq), 0) FROM deliveries WHERE upstream = ?1)
           AND NOT EXISTS (
             SELECT 1 FROM evidence_deliveries AS done
             WHERE done.upstream = ?1 AND done.sha256 = events.body ->> '$.data.sha256')
           -- What was let go for its age is nothing that a new upstream could still get.
           AND EXISTS (SELECT 1 FROM evidence WHERE evidence.sha256 = events.body ->> '$.data.sha256')
         ORDER BY seq LIMIT ?3`,
        [upstream, afterSeq, limit],
      ),
    async delivered(upstream, sha256, at) {
      await database.transaction(({ run }) =>
        run("INSERT OR IGNORE INTO evidence_deliveries (upstream, sha256, at) VALUES (?, ?, ?)", [
          upstream,
          sha256,
          at,
        ]),
      );
    },
  };
}
