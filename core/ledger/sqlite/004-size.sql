-- Schema 4. What is asked for every message costs the same however many outlets have something on their way.
CREATE INDEX leases_by_outlet ON leases (outlet);
CREATE INDEX chunks_unanswered ON chunks (outlet, endpoint) WHERE unanswered_at IS NOT NULL;
-- What people look for among a great many pushes: what failed, and what was asked for.
CREATE INDEX pushes_failed ON pushes (status, seq) WHERE status IN ('partial', 'failed');
CREATE INDEX pushes_asked ON pushes (seq) WHERE created_by <> 'auto';
