BEGIN;
DELETE FROM messages WHERE session_id = '20261120_1';
INSERT INTO messages(message_id, session_id, role, content_json, created_timestamp, metadata_json) VALUES (NULL, '20261120_1', 'user', '[{"type": "text", "text": "first"}]', 1795203961, '{"userVisible": true, "agentVisible": true}');
INSERT INTO messages(message_id, session_id, role, content_json, created_timestamp, metadata_json) VALUES (NULL, '20261120_1', 'assistant', '[{"type": "text", "text": "one"}]', 1795203962, '{"userVisible": true, "agentVisible": true}');
INSERT INTO messages(message_id, session_id, role, content_json, created_timestamp, metadata_json) VALUES (NULL, '20261120_1', 'user', '[{"type": "text", "text": "second"}]', 1795203963, '{"userVisible": true, "agentVisible": true}');
INSERT INTO messages(message_id, session_id, role, content_json, created_timestamp, metadata_json) VALUES (NULL, '20261120_1', 'assistant', '[{"type": "text", "text": "two"}]', 1795203964, '{"userVisible": true, "agentVisible": true}');
INSERT INTO messages(message_id, session_id, role, content_json, created_timestamp, metadata_json) VALUES (NULL, '20261120_1', 'user', '[{"type": "text", "text": "a summary of the conversation"}]', 1795203971, '{"userVisible": false, "agentVisible": true}');
COMMIT;
INSERT INTO messages(message_id, session_id, role, content_json, created_timestamp, metadata_json) VALUES (NULL, '20261120_1', 'user', '[{"type": "text", "text": "third"}]', 1795203973, '{"userVisible": true, "agentVisible": true}');
