PRAGMA journal_mode = wal;
PRAGMA wal_autocheckpoint = 0;
CREATE TABLE trajectory_meta (trajectory_id text, cascade_id text, trajectory_type integer, source integer, PRIMARY KEY (trajectory_id));
CREATE TABLE steps (idx integer, step_type integer NOT NULL DEFAULT 0, status integer NOT NULL DEFAULT 0, has_subtrajectory numeric NOT NULL DEFAULT false, metadata blob, error_details blob, permissions blob, task_details blob, render_info blob, step_payload blob, step_format integer NOT NULL DEFAULT 0, PRIMARY KEY (idx));
INSERT INTO trajectory_meta VALUES ('tr1', '7d1f0003-0000-4000-8000-000000000001', 4, 17);
INSERT OR REPLACE INTO steps (idx, step_type, status, step_payload) VALUES (0, 14, 3, protobuf('{"1": 14, "4": 3, "5": {"1": {"1": 1795203961}}, "19": {"2": "rename the handler"}}'));
