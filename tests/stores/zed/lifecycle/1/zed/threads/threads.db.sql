PRAGMA journal_mode = wal;
PRAGMA wal_autocheckpoint = 0;
CREATE TABLE threads (id TEXT PRIMARY KEY, summary TEXT NOT NULL, updated_at TEXT NOT NULL, data_type TEXT NOT NULL, data BLOB NOT NULL, parent_id TEXT, folder_paths TEXT, folder_paths_order TEXT, created_at TEXT);
INSERT OR REPLACE INTO threads VALUES ('z1', 'A thread', '2026-11-20T19:46:01.123456789+00:00', 'zstd', zstd('{"title": "A thread", "messages": [{"User": {"id": "u1", "content": [{"Text": "rename the handler"}]}}], "updated_at": "2026-11-20T19:46:01.123456789Z", "detailed_summary": null, "model": {"provider": "zed.dev", "model": "m"}, "version": "0.3.0"}'), NULL, '/home/me/app', '0', '2026-11-20T19:46:00+00:00');
