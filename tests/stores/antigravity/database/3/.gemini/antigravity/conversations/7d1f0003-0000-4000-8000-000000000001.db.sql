INSERT OR REPLACE INTO steps (idx, step_type, status, step_payload) VALUES (2, 21, 3, protobuf('{"1": 21, "4": 3, "5": {"1": {"1": 1795203964}}}'));
INSERT OR REPLACE INTO steps (idx, step_type, status, step_payload) VALUES (3, 15, 3, protobuf('{"1": 15, "4": 3, "5": {"1": {"1": 1795203966}}, "20": {"1": "Renamed."}}'));
INSERT OR REPLACE INTO steps (idx, step_type, status, step_payload) VALUES (4, 14, 3, protobuf('{"1": 14, "4": 3, "5": {"1": {"1": 1795203970}}, "19": {"2": "and the tests"}}'));
INSERT OR REPLACE INTO steps (idx, step_type, status, step_payload) VALUES (5, 17, 7, protobuf('{"1": 17, "4": 7, "5": {"1": {"1": 1795203971}}, "24": {"3": {"1": "Model quota reached"}}}'));
