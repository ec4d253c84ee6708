PRAGMA journal_mode=wal;
CREATE TABLE conversations (key TEXT PRIMARY KEY, value TEXT);
INSERT OR REPLACE INTO conversations VALUES('/home/me/project', '{"conversation_id": "c-1", "next_message": null, "history": [{"turn": 1}]}');
