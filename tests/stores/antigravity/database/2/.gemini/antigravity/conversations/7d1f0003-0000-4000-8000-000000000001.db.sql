INSERT OR REPLACE INTO steps (idx, step_type, status, step_payload) VALUES (1, 15, 3, protobuf('{"1": 15, "4": 3, "5": {"1": {"1": 1795203963}}, "20": {"1": "I will look.", "7": {"1": "t1", "2": "run_command", "3": "{}"}}}'));
INSERT OR REPLACE INTO steps (idx, step_type, status, step_payload) VALUES (2, 21, 4, protobuf('{"1": 21, "4": 4, "5": {"1": {"1": 1795203964}}}'));
