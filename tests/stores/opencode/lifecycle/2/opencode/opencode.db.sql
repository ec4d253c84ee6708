BEGIN;
INSERT INTO `message` VALUES ('msg_02', 'ses_01', 1795203961900, 1795203961900, '{"parentID": "msg_01", "role": "assistant", "mode": "build", "agent": "build", "path": {"cwd": "/home/me/app", "root": "/"}, "cost": 0, "tokens": {"input": 1, "output": 1, "reasoning": 0, "cache": {"read": 0, "write": 0}}, "modelID": "m", "providerID": "local", "time": {"created": 1795203961900}}');
INSERT INTO `part` VALUES ('prt_02a', 'msg_02', 'ses_01', 1795203961900, 1795203961900, '{"type": "step-start"}');
INSERT INTO `part` VALUES ('prt_02b', 'msg_02', 'ses_01', 1795203961900, 1795203961900, '{"type": "text", "text": "Let me look."}');
INSERT INTO `part` VALUES ('prt_02c', 'msg_02', 'ses_01', 1795203961900, 1795203961900, '{"type": "tool", "tool": "bash", "callID": "call_1", "state": {"status": "running", "input": {"command": "ls"}}}');
COMMIT;
