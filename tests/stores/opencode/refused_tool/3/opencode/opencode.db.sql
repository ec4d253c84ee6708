INSERT INTO `message` VALUES ('msg_b3', 'ses_a', 1795203974000, 1795203975000, '{"parentID": "msg_b1", "role": "assistant", "mode": "build", "agent": "build", "modelID": "m", "providerID": "local", "finish": "stop", "time": {"created": 1795203974000, "completed": 1795203975000}}');
INSERT INTO `part` VALUES ('prt_b3a', 'msg_b3', 'ses_a', 1795203975000, 1795203975000, '{"type": "text", "text": "A file, then."}');
UPDATE `session` SET time_updated = 1795203975000;
