CREATE TABLE schema_version (version INTEGER PRIMARY KEY, applied_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE sessions (id TEXT PRIMARY KEY, name TEXT NOT NULL DEFAULT '', session_type TEXT NOT NULL DEFAULT 'user', working_dir TEXT NOT NULL, created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, total_tokens INTEGER, provider_name TEXT);
CREATE TABLE messages (id INTEGER PRIMARY KEY AUTOINCREMENT, message_id TEXT, session_id TEXT NOT NULL REFERENCES sessions(id), role TEXT NOT NULL, content_json TEXT NOT NULL, created_timestamp INTEGER NOT NULL, timestamp TIMESTAMP DEFAULT CURRENT_TIMESTAMP, tokens INTEGER, metadata_json TEXT);
CREATE INDEX idx_messages_session ON messages(session_id);
CREATE INDEX idx_sessions_updated ON sessions(updated_at DESC);
INSERT INTO schema_version(version) VALUES (16);
INSERT INTO sessions(id, name, session_type, working_dir, created_at, updated_at) VALUES ('20261120_1', 'A chat', 'user', '/home/me/app', '2026-11-20 19:46:01', '2026-11-20 19:46:01');
INSERT INTO messages(message_id, session_id, role, content_json, created_timestamp, metadata_json) VALUES ('m1', '20261120_1', 'user', '[{"type": "text", "text": "what''s in here?"}]', 1795203961, '{"userVisible": true, "agentVisible": true}');
