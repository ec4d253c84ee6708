// Generated from bridge/protocol/messages by `python -m bridge.protocol.codegen.generate`. Do not edit.
package dev.koru.protocol;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Every message of the wire. A component that is null was not given. */
public final class Messages {
    private Messages() {}

    /** What all messages can do. */
    public interface Message {
        /** The fields as they go on the wire; those that are null stay away. */
        Map<String, Object> encode();
    }

    /** Makes a message of a parsed value. Throws WireException naming the field. */
    public interface Decoder {
        Message decode(Object wire);
    }

    /** One name of the wire. {@code result} is null for notifications. */
    public record Method(String answeredBy, Decoder params, Decoder result) {}

    public static final int LINE_MAX_BYTES = 1048576;
    public static final int PROMPT_MAX_BYTES = 262144;
    public static final int PROTOCOL_MAX = 1;
    public static final int PROTOCOL_MIN = 1;
    public static final long SAFE_INTEGER = 9007199254740991L;

    private static final Wire.Reader<String> TEXT = Wire.text(0, Integer.MAX_VALUE, null);
    private static final Wire.Reader<Long> INTEGER = Wire.integer(-9007199254740991L, 9007199254740991L);
    private static final Wire.Reader<Long> MILLISECONDS = Wire.integer(0, 9007199254740991L);
    private static final Wire.Reader<String> IDENTIFIER = Wire.text(1, 256, null);
    private static final Wire.Reader<String> DRIVE_ID = Wire.text(0, Integer.MAX_VALUE, "^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$");
    private static final Wire.Reader<String> TEXT_HASH = Wire.text(0, Integer.MAX_VALUE, "^[0-9a-f]{64}$");
    private static final Wire.Reader<Role> ROLE = Wire.word(Role.class);
    private static final Wire.Reader<FactKind> FACT_KIND = Wire.word(FactKind.class);
    private static final Wire.Reader<ChannelGrade> CHANNEL_GRADE = Wire.word(ChannelGrade.class);
    private static final Wire.Reader<Grade> GRADE = Wire.word(Grade.class);
    private static final Wire.Reader<Disposition> DISPOSITION = Wire.word(Disposition.class);
    private static final Wire.Reader<JournalState> JOURNAL_STATE = Wire.word(JournalState.class);
    private static final Wire.Reader<DriveState> DRIVE_STATE = Wire.word(DriveState.class);
    private static final Wire.Reader<Outcome> OUTCOME = Wire.word(Outcome.class);
    private static final Wire.Reader<TurnState> TURN_STATE = Wire.word(TurnState.class);
    private static final Wire.Reader<LogLevel> LOG_LEVEL = Wire.word(LogLevel.class);
    private static final Wire.Reader<DriveAction> DRIVE_ACTION = Wire.word(DriveAction.class);
    private static final Wire.Reader<ApprovalState> APPROVAL_STATE = Wire.word(ApprovalState.class);
    private static final Wire.Reader<ChatState> CHAT_STATE = Wire.word(ChatState.class);
    private static final Wire.Reader<InjectionLevel> INJECTION_LEVEL = Wire.word(InjectionLevel.class);
    private static final Wire.Reader<Long> PIXELS = Wire.integer(0, 65535);
    private static final Wire.Reader<Severity> SEVERITY = Wire.word(Severity.class);
    private static final Wire.Reader<ExaminedState> EXAMINED_STATE = Wire.word(ExaminedState.class);
    private static final Wire.Reader<String> GOAL_ID = Wire.text(0, Integer.MAX_VALUE, "^[A-Za-z0-9][A-Za-z0-9._:-]{0,95}$");
    private static final Wire.Reader<TrustLevel> TRUST_LEVEL = Wire.word(TrustLevel.class);
    private static final Wire.Reader<String> WORKSPACE = Wire.text(1, 4096, null);
    private static final Wire.Reader<GoalState> GOAL_STATE = Wire.word(GoalState.class);
    private static final Wire.Reader<GoalDecision> GOAL_DECISION = Wire.word(GoalDecision.class);
    private static final Wire.Reader<StopCause> STOP_CAUSE = Wire.word(StopCause.class);
    private static final Wire.Reader<CheckState> CHECK_STATE = Wire.word(CheckState.class);
    private static final Wire.Reader<OnQuestion> ON_QUESTION = Wire.word(OnQuestion.class);
    private static final Wire.Reader<ReviewerApi> REVIEWER_API = Wire.word(ReviewerApi.class);
    private static final Wire.Reader<QuestionKind> QUESTION_KIND = Wire.word(QuestionKind.class);
    private static final Wire.Reader<AnsweredBy> ANSWERED_BY = Wire.word(AnsweredBy.class);
    private static final Wire.Reader<ChatChoice> CHAT_CHOICE = Wire.word(ChatChoice.class);
    private static final Wire.Reader<RecoveryState> RECOVERY_STATE = Wire.word(RecoveryState.class);
    private static final Wire.Reader<RecoveryPlace> RECOVERY_PLACE = Wire.word(RecoveryPlace.class);
    private static final Wire.Reader<PolicyDecision> POLICY_DECISION = Wire.word(PolicyDecision.class);
    private static final Wire.Reader<SecretsInPrompts> SECRETS_IN_PROMPTS = Wire.word(SecretsInPrompts.class);

    public enum Role { PLUGIN, CLIENT, OPERATOR }

    public enum FactKind { INSERTED, SUBMITTED, QUEUED, WITHDRAWN, TURN_STARTED, TURN_ENDED, NEEDS_INPUT, TURN_FAILED }

    public enum ChannelGrade { CLAIM, READBACK, HOST }

    public enum Grade { CLAIM, READBACK, HOST, WITNESS }

    public enum Disposition { DONE, PENDING, DECLINED, LOST }

    public enum JournalState { ABSENT, BEGUN, TOUCHED, SUBMITTED, WITHDRAWN, DECLINED }

    public enum DriveState { ACCEPTED, ACTING, SETTLED }

    public enum Outcome { CONFIRMED, REFUSED, LIKELY, UNKNOWN, FAILED }

    public enum TurnState { WAITING, COMPLETED, NEEDS_INPUT, TURN_FAILED, WAIT_TIMEOUT }

    public enum LogLevel { DEBUG, INFO, WARNING, ERROR }

    public enum DriveAction { SEND, DRAFT, RECOVER }

    public enum ApprovalState { PENDING, APPROVED, DENIED, USED, VOID }

    public enum ChatState { QUEUED, WORKING, NEEDS_INPUT, DONE, ERROR, RATE_LIMITED, INTERRUPTED, UNKNOWN }

    public enum InjectionLevel { SENT, DELIVERED, VERIFIED }

    public enum Severity { ERROR, WARNING, NOTE }

    public enum ExaminedState { OK, FOUND, CRASHED, HUNG }

    public enum TrustLevel { OBSERVE, DRAFT, SEND, AUTONOMOUS }

    public enum GoalState { QUEUED, RUNNING, ASKING, WAITING, PAUSED, ACCEPTED, STOPPED }

    public enum GoalDecision { CONTINUE, ACCEPT, ASK, STOP }

    public enum StopCause { BUDGET, REPEAT, REGRESSION, BLOCKED, FAILED, OPERATOR }

    public enum CheckState { PASS, FAIL, UNKNOWN }

    public enum OnQuestion { ASK, NOTES, REVIEWER }

    public enum ReviewerApi { OPENAI, ANTHROPIC }

    public enum QuestionKind { REPLY, PENDING, DOUBT, CANCELLED }

    public enum AnsweredBy { OPERATOR, NOTES, REVIEWER, IDE }

    public enum ChatChoice { CURRENT, NEW }

    public enum RecoveryState { PLANNED, WAITING, DENIED, NOT_NEEDED, DONE, UNPROVEN, FAILED, BY_HAND }

    public enum RecoveryPlace { DAEMON, COMMAND, OPERATOR }

    public enum PolicyDecision { ALLOW, ASK, DENY }

    public enum SecretsInPrompts { ALLOW, WARN, ASK, DENY }

    /**
     * A message without fields.
     */
    public record Empty() implements Message {
        public static Empty decode(Object wire) {
            return read(wire, "");
        }

        private static Empty read(Object wire, String where) {
            Wire.Fields.of(wire, where);
            return new Empty();
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            return wire;
        }
    }

    /**
     * Our part of a JSON-RPC error. `reason` is a stable word, `where` a field or file, `hint` the next step.
     *
     * `retry` says that the same request may succeed later without a change by the caller.
     */
    public record ErrorData(String reason, boolean retry, String where, String hint) implements Message {
        public static ErrorData decode(Object wire) {
            return read(wire, "");
        }

        private static ErrorData read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new ErrorData(
                    fields.required("reason", IDENTIFIER),
                    fields.orElse("retry", Wire::flag, false),
                    fields.optional("where", TEXT),
                    fields.optional("hint", TEXT));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("reason", reason);
            wire.put("retry", retry);
            if (where != null) wire.put("where", where);
            if (hint != null) wire.put("hint", hint);
            return wire;
        }
    }

    /**
     * The `error` of a JSON-RPC answer. `message` is for people and never holds the text of a prompt.
     */
    public record ErrorObject(long code, String message, ErrorData data) implements Message {
        public static ErrorObject decode(Object wire) {
            return read(wire, "");
        }

        private static ErrorObject read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new ErrorObject(
                    fields.required("code", INTEGER),
                    fields.required("message", TEXT),
                    fields.optional("data", ErrorData::read));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("code", code);
            wire.put("message", message);
            if (data != null) wire.put("data", data.encode());
            return wire;
        }
    }

    /**
     * What waits for a decision; with `everything` also what was decided; with an id that one, with its text.
     */
    public record ApprovalsListParams(boolean everything, String approvalId) implements Message {
        public static ApprovalsListParams decode(Object wire) {
            return read(wire, "");
        }

        private static ApprovalsListParams read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new ApprovalsListParams(
                    fields.orElse("everything", Wire::flag, false),
                    fields.optional("approval_id", IDENTIFIER));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("everything", everything);
            if (approvalId != null) wire.put("approval_id", approvalId);
            return wire;
        }
    }

    /**
     * One exact action that needs a person. `action_sha` is over all of it, the text included. `void`: its time passed,
     * or the action changed or ended otherwise. `text` is the prompt with its secrets redacted. A recovery is of no
     * drive and goes through no interface.
     */
    public record ApprovalView(String approvalId, String actionSha, DriveAction action, String surface, String ide, List<String> workspaceFolders, long textChars, String reason, long askedAtMs, long expiresAtMs, ApprovalState state, Long decidedAtMs, String text, String driveId, String interface_, String recovery) implements Message {
        public static ApprovalView decode(Object wire) {
            return read(wire, "");
        }

        private static ApprovalView read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new ApprovalView(
                    fields.required("approval_id", IDENTIFIER),
                    fields.required("action_sha", TEXT_HASH),
                    fields.required("action", DRIVE_ACTION),
                    fields.required("surface", TEXT),
                    fields.required("ide", TEXT),
                    fields.required("workspace_folders", Wire.list(TEXT)),
                    fields.required("text_chars", MILLISECONDS),
                    fields.required("reason", TEXT),
                    fields.required("asked_at_ms", MILLISECONDS),
                    fields.required("expires_at_ms", MILLISECONDS),
                    fields.required("state", APPROVAL_STATE),
                    fields.optional("decided_at_ms", MILLISECONDS),
                    fields.optional("text", TEXT),
                    fields.optional("drive_id", DRIVE_ID),
                    fields.optional("interface", IDENTIFIER),
                    fields.optional("recovery", IDENTIFIER));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("approval_id", approvalId);
            wire.put("action_sha", actionSha);
            wire.put("action", Wire.word(action));
            wire.put("surface", surface);
            wire.put("ide", ide);
            wire.put("workspace_folders", workspaceFolders);
            wire.put("text_chars", textChars);
            wire.put("reason", reason);
            wire.put("asked_at_ms", askedAtMs);
            wire.put("expires_at_ms", expiresAtMs);
            wire.put("state", Wire.word(state));
            if (decidedAtMs != null) wire.put("decided_at_ms", decidedAtMs);
            if (text != null) wire.put("text", text);
            if (driveId != null) wire.put("drive_id", driveId);
            if (interface_ != null) wire.put("interface", interface_);
            if (recovery != null) wire.put("recovery", recovery);
            return wire;
        }
    }

    /**
     * Oldest first.
     */
    public record ApprovalsListResult(List<ApprovalView> approvals) implements Message {
        public static ApprovalsListResult decode(Object wire) {
            return read(wire, "");
        }

        private static ApprovalsListResult read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new ApprovalsListResult(
                    fields.required("approvals", Wire.list(ApprovalView::read)));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("approvals", approvals.stream().map(ApprovalView::encode).toList());
            return wire;
        }
    }

    /**
     * An operator's decision on the action that was looked at; refused when it is another by now, or was decided.
     */
    public record ApprovalDecideParams(String approvalId, String actionSha, boolean approve) implements Message {
        public static ApprovalDecideParams decode(Object wire) {
            return read(wire, "");
        }

        private static ApprovalDecideParams read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new ApprovalDecideParams(
                    fields.required("approval_id", IDENTIFIER),
                    fields.required("action_sha", TEXT_HASH),
                    fields.required("approve", Wire::flag));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("approval_id", approvalId);
            wire.put("action_sha", actionSha);
            wire.put("approve", approve);
            return wire;
        }
    }

    /**
     * One thing a plugin learned about a drive, at the grade it can honestly give; never `witness`.
     *
     * `text_sha` is the hash of the normalised text the fact is about (`bridge.drive.match`), where the plugin knows it.
     */
    public record FactReport(FactKind kind, ChannelGrade grade, long atMs, String textSha, String chatId, String detail) implements Message {
        public static FactReport decode(Object wire) {
            return read(wire, "");
        }

        private static FactReport read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new FactReport(
                    fields.required("kind", FACT_KIND),
                    fields.required("grade", CHANNEL_GRADE),
                    fields.required("at_ms", MILLISECONDS),
                    fields.optional("text_sha", TEXT_HASH),
                    fields.optional("chat_id", TEXT),
                    fields.optional("detail", TEXT));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("kind", Wire.word(kind));
            wire.put("grade", Wire.word(grade));
            wire.put("at_ms", atMs);
            if (textSha != null) wire.put("text_sha", textSha);
            if (chatId != null) wire.put("chat_id", chatId);
            if (detail != null) wire.put("detail", detail);
            return wire;
        }
    }

    /**
     * One command the plugin ran on the way, for people who look for a fault.
     */
    public record TraceStep(String op, boolean ok, long ms, String command, String detail) implements Message {
        public static TraceStep decode(Object wire) {
            return read(wire, "");
        }

        private static TraceStep read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new TraceStep(
                    fields.required("op", IDENTIFIER),
                    fields.required("ok", Wire::flag),
                    fields.required("ms", MILLISECONDS),
                    fields.optional("command", TEXT),
                    fields.optional("detail", TEXT));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("op", op);
            wire.put("ok", ok);
            wire.put("ms", ms);
            if (command != null) wire.put("command", command);
            if (detail != null) wire.put("detail", detail);
            return wire;
        }
    }

    /**
     * Which chat of a surface: a given one, a new one, or (both unset) the one in use.
     */
    public record ChatTarget(String chatId, boolean newChat, String mode) implements Message {
        public static ChatTarget decode(Object wire) {
            return read(wire, "");
        }

        private static ChatTarget read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new ChatTarget(
                    fields.optional("chat_id", TEXT),
                    fields.orElse("new_chat", Wire::flag, false),
                    fields.optional("mode", TEXT));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            if (chatId != null) wire.put("chat_id", chatId);
            wire.put("new_chat", newChat);
            if (mode != null) wire.put("mode", mode);
            return wire;
        }
    }

    /**
     * Put the text into the chat, and with `submit` send it, by the named interface and no other.
     *
     * The plugin answers within `answer_within_ms`; what it learns later it tells by `chat/event`.
     */
    public record DeliverParams(String driveId, long epoch, String surfaceId, String interface_, String text, String textSha, boolean submit, ChatTarget target, long answerWithinMs) implements Message {
        public static DeliverParams decode(Object wire) {
            return read(wire, "");
        }

        private static DeliverParams read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new DeliverParams(
                    fields.required("drive_id", DRIVE_ID),
                    fields.required("epoch", INTEGER),
                    fields.required("surface_id", IDENTIFIER),
                    fields.required("interface", IDENTIFIER),
                    fields.required("text", TEXT),
                    fields.required("text_sha", TEXT_HASH),
                    fields.required("submit", Wire::flag),
                    fields.required("target", ChatTarget::read),
                    fields.required("answer_within_ms", MILLISECONDS));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("drive_id", driveId);
            wire.put("epoch", epoch);
            wire.put("surface_id", surfaceId);
            wire.put("interface", interface_);
            wire.put("text", text);
            wire.put("text_sha", textSha);
            wire.put("submit", submit);
            wire.put("target", target.encode());
            wire.put("answer_within_ms", answerWithinMs);
            return wire;
        }
    }

    /**
     * `declined`: nothing was touched and `blocker` says why. `pending`: acting, more facts follow by `chat/event`.
     * `done`: all that will be learned is in `facts`. `lost`: something was touched and the plugin cannot say what became
     * of it.
     */
    public record DeliverResult(String driveId, long epoch, Disposition disposition, List<FactReport> facts, List<TraceStep> trace, String blocker, String message) implements Message {
        public static DeliverResult decode(Object wire) {
            return read(wire, "");
        }

        private static DeliverResult read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new DeliverResult(
                    fields.required("drive_id", DRIVE_ID),
                    fields.required("epoch", INTEGER),
                    fields.required("disposition", DISPOSITION),
                    fields.required("facts", Wire.list(FactReport::read)),
                    fields.required("trace", Wire.list(TraceStep::read)),
                    fields.optional("blocker", IDENTIFIER),
                    fields.optional("message", TEXT));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("drive_id", driveId);
            wire.put("epoch", epoch);
            wire.put("disposition", Wire.word(disposition));
            wire.put("facts", facts.stream().map(FactReport::encode).toList());
            wire.put("trace", trace.stream().map(TraceStep::encode).toList());
            if (blocker != null) wire.put("blocker", blocker);
            if (message != null) wire.put("message", message);
            return wire;
        }
    }

    /**
     * Something happened in a chat. `drive_id` only where the plugin knows that it belongs to that drive.
     */
    public record ChatEvent(String surfaceId, long epoch, FactReport fact, String driveId) implements Message {
        public static ChatEvent decode(Object wire) {
            return read(wire, "");
        }

        private static ChatEvent read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new ChatEvent(
                    fields.required("surface_id", IDENTIFIER),
                    fields.required("epoch", INTEGER),
                    fields.required("fact", FactReport::read),
                    fields.optional("drive_id", DRIVE_ID));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("surface_id", surfaceId);
            wire.put("epoch", epoch);
            wire.put("fact", fact.encode());
            if (driveId != null) wire.put("drive_id", driveId);
            return wire;
        }
    }

    /**
     * Show the chat of a surface.
     */
    public record ChatOpenParams(String surfaceId, String chatId) implements Message {
        public static ChatOpenParams decode(Object wire) {
            return read(wire, "");
        }

        private static ChatOpenParams read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new ChatOpenParams(
                    fields.required("surface_id", IDENTIFIER),
                    fields.optional("chat_id", TEXT));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("surface_id", surfaceId);
            if (chatId != null) wire.put("chat_id", chatId);
            return wire;
        }
    }

    /**
     * Ask the host to stop the running turn of a surface.
     */
    public record ChatCancelParams(String surfaceId, String driveId) implements Message {
        public static ChatCancelParams decode(Object wire) {
            return read(wire, "");
        }

        private static ChatCancelParams read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new ChatCancelParams(
                    fields.required("surface_id", IDENTIFIER),
                    fields.optional("drive_id", DRIVE_ID));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("surface_id", surfaceId);
            if (driveId != null) wire.put("drive_id", driveId);
            return wire;
        }
    }

    /**
     * `issued`: the host's command returned; nothing is proven by it. Otherwise `blocker` says why not.
     */
    public record CommandResult(boolean issued, String blocker, String message) implements Message {
        public static CommandResult decode(Object wire) {
            return read(wire, "");
        }

        private static CommandResult read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new CommandResult(
                    fields.required("issued", Wire::flag),
                    fields.optional("blocker", IDENTIFIER),
                    fields.optional("message", TEXT));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("issued", issued);
            if (blocker != null) wire.put("blocker", blocker);
            if (message != null) wire.put("message", message);
            return wire;
        }
    }

    /**
     * One chat of this machine, by its own store. `reason` explains the state, its secrets redacted; `problem` is the
     * stable word for why it cannot be read, such as `encrypted`. `horizon_ms`: what the product may hold back that long.
     * `evidence`: where the state was seen. `drive_id`: the newest drive of ours in it. Never the text of a prompt.
     */
    public record ChatView(String store, String path, String session, ChatState state, long modifiedAtMs, long observedAtMs, String product, String workspace, String reason, String problem, String evidence, Long horizonMs, Long resetsAtMs, String driveId) implements Message {
        public static ChatView decode(Object wire) {
            return read(wire, "");
        }

        private static ChatView read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new ChatView(
                    fields.required("store", IDENTIFIER),
                    fields.required("path", TEXT),
                    fields.required("session", TEXT),
                    fields.required("state", CHAT_STATE),
                    fields.required("modified_at_ms", MILLISECONDS),
                    fields.required("observed_at_ms", MILLISECONDS),
                    fields.optional("product", TEXT),
                    fields.optional("workspace", TEXT),
                    fields.optional("reason", TEXT),
                    fields.optional("problem", TEXT),
                    fields.optional("evidence", TEXT),
                    fields.optional("horizon_ms", MILLISECONDS),
                    fields.optional("resets_at_ms", MILLISECONDS),
                    fields.optional("drive_id", DRIVE_ID));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("store", store);
            wire.put("path", path);
            wire.put("session", session);
            wire.put("state", Wire.word(state));
            wire.put("modified_at_ms", modifiedAtMs);
            wire.put("observed_at_ms", observedAtMs);
            if (product != null) wire.put("product", product);
            if (workspace != null) wire.put("workspace", workspace);
            if (reason != null) wire.put("reason", reason);
            if (problem != null) wire.put("problem", problem);
            if (evidence != null) wire.put("evidence", evidence);
            if (horizonMs != null) wire.put("horizon_ms", horizonMs);
            if (resetsAtMs != null) wire.put("resets_at_ms", resetsAtMs);
            if (driveId != null) wire.put("drive_id", driveId);
            return wire;
        }
    }

    /**
     * What is wrong with a store. `reason` is a stable word such as `schema_changed`. `over`: it can be read again.
     */
    public record StoreFault(String store, String where, String reason, String message, String hint, boolean over) implements Message {
        public static StoreFault decode(Object wire) {
            return read(wire, "");
        }

        private static StoreFault read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new StoreFault(
                    fields.required("store", IDENTIFIER),
                    fields.required("where", TEXT),
                    fields.required("reason", IDENTIFIER),
                    fields.required("message", TEXT),
                    fields.optional("hint", TEXT),
                    fields.orElse("over", Wire::flag, false));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("store", store);
            wire.put("where", where);
            wire.put("reason", reason);
            wire.put("message", message);
            if (hint != null) wire.put("hint", hint);
            wire.put("over", over);
            return wire;
        }
    }

    /**
     * How the chats are watched. `polled`: directories the platform does not tell of, each with the reason.
     */
    public record WatchView(long stores, long chats, List<String> polled, List<StoreFault> faults) implements Message {
        public static WatchView decode(Object wire) {
            return read(wire, "");
        }

        private static WatchView read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new WatchView(
                    fields.required("stores", INTEGER),
                    fields.required("chats", INTEGER),
                    fields.required("polled", Wire.list(TEXT)),
                    fields.required("faults", Wire.list(StoreFault::read)));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("stores", stores);
            wire.put("chats", chats);
            wire.put("polled", polled);
            wire.put("faults", faults.stream().map(StoreFault::encode).toList());
            return wire;
        }
    }

    /**
     * The chats written to in the last 24 hours or since, newest write first. The first call begins to watch.
     */
    public record ChatsListParams(ChatState state, long limit) implements Message {
        public static ChatsListParams decode(Object wire) {
            return read(wire, "");
        }

        private static ChatsListParams read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new ChatsListParams(
                    fields.optional("state", CHAT_STATE),
                    fields.orElse("limit", Wire.integer(1, 1000), 100L));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            if (state != null) wire.put("state", Wire.word(state));
            wire.put("limit", limit);
            return wire;
        }
    }

    /**
     * `complete` is false while stores are still read for the first time.
     */
    public record ChatsListResult(List<ChatView> chats, WatchView watch, boolean complete) implements Message {
        public static ChatsListResult decode(Object wire) {
            return read(wire, "");
        }

        private static ChatsListResult read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new ChatsListResult(
                    fields.required("chats", Wire.list(ChatView::read)),
                    fields.required("watch", WatchView::read),
                    fields.required("complete", Wire::flag));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("chats", chats.stream().map(ChatView::encode).toList());
            wire.put("watch", watch.encode());
            wire.put("complete", complete);
            return wire;
        }
    }

    /**
     * `contains` filters the commands of the host by part of their name, without case.
     */
    public record CommandsListParams(String contains) implements Message {
        public static CommandsListParams decode(Object wire) {
            return read(wire, "");
        }

        private static CommandsListParams read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new CommandsListParams(
                    fields.optional("contains", TEXT));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            if (contains != null) wire.put("contains", contains);
            return wire;
        }
    }

    /**
     * The commands the host really has.
     */
    public record CommandsListResult(List<String> commands) implements Message {
        public static CommandsListResult decode(Object wire) {
            return read(wire, "");
        }

        private static CommandsListResult read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new CommandsListResult(
                    fields.required("commands", Wire.list(TEXT)));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("commands", commands);
            return wire;
        }
    }

    /**
     * The protocol versions a peer can speak, both ends included.
     */
    public record ProtocolRange(long min, long max) implements Message {
        public static ProtocolRange decode(Object wire) {
            return read(wire, "");
        }

        private static ProtocolRange read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new ProtocolRange(
                    fields.required("min", Wire.integer(1, 9007199254740991L)),
                    fields.required("max", Wire.integer(1, 9007199254740991L)));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("min", min);
            wire.put("max", max);
            return wire;
        }
    }

    /**
     * A plugin that speaks no protocol of the daemon, only those from `protocol_min` to `protocol_max`.
     */
    public record RefusedPlugin(String ide, String windowId, String pluginName, String pluginVersion, long protocolMin, long protocolMax, long atMs) implements Message {
        public static RefusedPlugin decode(Object wire) {
            return read(wire, "");
        }

        private static RefusedPlugin read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new RefusedPlugin(
                    fields.required("ide", IDENTIFIER),
                    fields.required("window_id", IDENTIFIER),
                    fields.required("plugin_name", IDENTIFIER),
                    fields.required("plugin_version", IDENTIFIER),
                    fields.required("protocol_min", INTEGER),
                    fields.required("protocol_max", INTEGER),
                    fields.required("at_ms", MILLISECONDS));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("ide", ide);
            wire.put("window_id", windowId);
            wire.put("plugin_name", pluginName);
            wire.put("plugin_version", pluginVersion);
            wire.put("protocol_min", protocolMin);
            wire.put("protocol_max", protocolMax);
            wire.put("at_ms", atMs);
            return wire;
        }
    }

    /**
     * One connected plugin.
     */
    public record SessionView(String sessionId, long epoch, IdeInfo ide, String windowId, long pid, String pluginName, String pluginVersion, long protocol, long connectedAtMs, long lastSeenAtMs, List<String> capabilities, List<SurfaceInfo> surfaces) implements Message {
        public static SessionView decode(Object wire) {
            return read(wire, "");
        }

        private static SessionView read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new SessionView(
                    fields.required("session_id", TEXT),
                    fields.required("epoch", INTEGER),
                    fields.required("ide", IdeInfo::read),
                    fields.required("window_id", TEXT),
                    fields.required("pid", INTEGER),
                    fields.required("plugin_name", TEXT),
                    fields.required("plugin_version", TEXT),
                    fields.required("protocol", INTEGER),
                    fields.required("connected_at_ms", MILLISECONDS),
                    fields.required("last_seen_at_ms", MILLISECONDS),
                    fields.required("capabilities", Wire.list(TEXT)),
                    fields.required("surfaces", Wire.list(SurfaceInfo::read)));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("session_id", sessionId);
            wire.put("epoch", epoch);
            wire.put("ide", ide.encode());
            wire.put("window_id", windowId);
            wire.put("pid", pid);
            wire.put("plugin_name", pluginName);
            wire.put("plugin_version", pluginVersion);
            wire.put("protocol", protocol);
            wire.put("connected_at_ms", connectedAtMs);
            wire.put("last_seen_at_ms", lastSeenAtMs);
            wire.put("capabilities", capabilities);
            wire.put("surfaces", surfaces.stream().map(SurfaceInfo::encode).toList());
            return wire;
        }
    }

    /**
     * Work of the daemon that failed and took nothing else with it: how often since its start, and how the last time.
     *
     * `what`: the work, in words that stay the same. `error`: the class of what was raised, for the log has the rest.
     */
    public record ContainedView(String what, long count, String error, long atMs) implements Message {
        public static ContainedView decode(Object wire) {
            return read(wire, "");
        }

        private static ContainedView read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new ContainedView(
                    fields.required("what", TEXT),
                    fields.required("count", INTEGER),
                    fields.required("error", TEXT),
                    fields.required("at_ms", MILLISECONDS));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("what", what);
            wire.put("count", count);
            wire.put("error", error);
            wire.put("at_ms", atMs);
            return wire;
        }
    }

    /**
     * The daemon in one page. `refused`: plugins that were turned away and did not come back otherwise since.
     *
     * `contained`: faults of the daemon's own, the last one at the end, one for each work that can fail.
     */
    public record StatusResult(String version, String instanceId, long pid, long startedAtMs, String socket, String stateDirectory, ProtocolRange protocol, List<SessionView> sessions, long drivesOpen, long drivesSettled, long ledgerRows, long clients, WatchView watching, List<RefusedPlugin> refused, List<ContainedView> contained) implements Message {
        public static StatusResult decode(Object wire) {
            return read(wire, "");
        }

        private static StatusResult read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new StatusResult(
                    fields.required("version", TEXT),
                    fields.required("instance_id", TEXT),
                    fields.required("pid", INTEGER),
                    fields.required("started_at_ms", MILLISECONDS),
                    fields.required("socket", TEXT),
                    fields.required("state_directory", TEXT),
                    fields.required("protocol", ProtocolRange::read),
                    fields.required("sessions", Wire.list(SessionView::read)),
                    fields.required("drives_open", INTEGER),
                    fields.required("drives_settled", INTEGER),
                    fields.required("ledger_rows", INTEGER),
                    fields.required("clients", INTEGER),
                    fields.optional("watching", WatchView::read),
                    fields.optional("refused", Wire.list(RefusedPlugin::read)),
                    fields.optional("contained", Wire.list(ContainedView::read)));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("version", version);
            wire.put("instance_id", instanceId);
            wire.put("pid", pid);
            wire.put("started_at_ms", startedAtMs);
            wire.put("socket", socket);
            wire.put("state_directory", stateDirectory);
            wire.put("protocol", protocol.encode());
            wire.put("sessions", sessions.stream().map(SessionView::encode).toList());
            wire.put("drives_open", drivesOpen);
            wire.put("drives_settled", drivesSettled);
            wire.put("ledger_rows", ledgerRows);
            wire.put("clients", clients);
            if (watching != null) wire.put("watching", watching.encode());
            if (refused != null) wire.put("refused", refused.stream().map(RefusedPlugin::encode).toList());
            if (contained != null) wire.put("contained", contained.stream().map(ContainedView::encode).toList());
            return wire;
        }
    }

    /**
     * Which window. `surface`: a surface's key, a window's id, an IDE's id, or a name of `desk.yaml`; else what the
     * desktop knows of it: `app` (X11 class or Wayland app id), a part of the `title`, a process, the display's own id.
     */
    public record DeskTarget(String surface, String app, String title, Long pid, Long window) implements Message {
        public static DeskTarget decode(Object wire) {
            return read(wire, "");
        }

        private static DeskTarget read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new DeskTarget(
                    fields.optional("surface", IDENTIFIER),
                    fields.optional("app", IDENTIFIER),
                    fields.optional("title", IDENTIFIER),
                    fields.optional("pid", Wire.integer(1, 9007199254740991L)),
                    fields.optional("window", Wire.integer(1, 9007199254740991L)));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            if (surface != null) wire.put("surface", surface);
            if (app != null) wire.put("app", app);
            if (title != null) wire.put("title", title);
            if (pid != null) wire.put("pid", pid);
            if (window != null) wire.put("window", window);
            return wire;
        }
    }

    /**
     * Put a text into a window by hand. A surface's calibrated input is used; of another window, the focused field.
     * With `dry_run` each step is told and none is done. An operator's word.
     */
    public record DeskInjectParams(DeskTarget target, String text, boolean submit, boolean dryRun, String via, String method, long deadlineMs) implements Message {
        public static DeskInjectParams decode(Object wire) {
            return read(wire, "");
        }

        private static DeskInjectParams read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new DeskInjectParams(
                    fields.required("target", DeskTarget::read),
                    fields.required("text", TEXT),
                    fields.orElse("submit", Wire::flag, false),
                    fields.orElse("dry_run", Wire::flag, false),
                    fields.optional("via", IDENTIFIER),
                    fields.orElse("method", Wire.choice("paste", "type"), "paste"),
                    fields.orElse("deadline_ms", MILLISECONDS, 60000L));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("target", target.encode());
            wire.put("text", text);
            wire.put("submit", submit);
            wire.put("dry_run", dryRun);
            if (via != null) wire.put("via", via);
            wire.put("method", method);
            wire.put("deadline_ms", deadlineMs);
            return wire;
        }
    }

    /**
     * One step: it was done, it would be, or it was refused.
     */
    public record DeskStep(String step, String state, String detail) implements Message {
        public static DeskStep decode(Object wire) {
            return read(wire, "");
        }

        private static DeskStep read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new DeskStep(
                    fields.required("step", IDENTIFIER),
                    fields.required("state", Wire.choice("done", "would", "refused")),
                    fields.required("detail", TEXT));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("step", step);
            wire.put("state", state);
            wire.put("detail", detail);
            return wire;
        }
    }

    /**
     * `withheld`: the text went in, and Enter was not pressed. `lost`: what is in the field is not known.
     */
    public record DeskInjectResult(String outcome, List<DeskStep> steps, String interface_, InjectionLevel level, String blocker, String message, String hint) implements Message {
        public static DeskInjectResult decode(Object wire) {
            return read(wire, "");
        }

        private static DeskInjectResult read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new DeskInjectResult(
                    fields.required("outcome", Wire.choice("rehearsed", "inserted", "submitted", "withheld", "declined", "lost")),
                    fields.required("steps", Wire.list(DeskStep::read)),
                    fields.optional("interface", IDENTIFIER),
                    fields.optional("level", INJECTION_LEVEL),
                    fields.optional("blocker", IDENTIFIER),
                    fields.optional("message", TEXT),
                    fields.optional("hint", TEXT));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("outcome", outcome);
            wire.put("steps", steps.stream().map(DeskStep::encode).toList());
            if (interface_ != null) wire.put("interface", interface_);
            if (level != null) wire.put("level", Wire.word(level));
            if (blocker != null) wire.put("blocker", blocker);
            if (message != null) wire.put("message", message);
            if (hint != null) wire.put("hint", hint);
            return wire;
        }
    }

    /**
     * Ids of the drives and injections that were ended, and of those not over yet when this was answered.
     */
    public record DeskStopResult(List<String> stopped, List<String> running) implements Message {
        public static DeskStopResult decode(Object wire) {
            return read(wire, "");
        }

        private static DeskStopResult read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new DeskStopResult(
                    fields.required("stopped", Wire.list(TEXT)),
                    fields.required("running", Wire.list(TEXT)));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("stopped", stopped);
            wire.put("running", running);
            return wire;
        }
    }

    /**
     * Find a chat's input in a window and remember it for that product and version. `left` and `from_bottom` say where
     * to click; `pointer_after_ms`: where the pointer is then. `copyable`: select-all and copy is harmless there.
     */
    public record DeskCalibrateParams(DeskTarget target, String product, String version, Long left, Long fromBottom, Long pointerAfterMs, boolean copyable) implements Message {
        public static DeskCalibrateParams decode(Object wire) {
            return read(wire, "");
        }

        private static DeskCalibrateParams read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new DeskCalibrateParams(
                    fields.required("target", DeskTarget::read),
                    fields.optional("product", IDENTIFIER),
                    fields.optional("version", IDENTIFIER),
                    fields.optional("left", PIXELS),
                    fields.optional("from_bottom", PIXELS),
                    fields.optional("pointer_after_ms", Wire.integer(0, 60000)),
                    fields.orElse("copyable", Wire::flag, false));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("target", target.encode());
            if (product != null) wire.put("product", product);
            if (version != null) wire.put("version", version);
            if (left != null) wire.put("left", left);
            if (fromBottom != null) wire.put("from_bottom", fromBottom);
            if (pointerAfterMs != null) wire.put("pointer_after_ms", pointerAfterMs);
            wire.put("copyable", copyable);
            return wire;
        }
    }

    /**
     * What was remembered, in which file, and with which picture of the window for a person to look at.
     */
    public record DeskCalibrateResult(String product, String version, String file, long width, long height, String picture, String role, String name, Long left, Long fromBottom, boolean copyable) implements Message {
        public static DeskCalibrateResult decode(Object wire) {
            return read(wire, "");
        }

        private static DeskCalibrateResult read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new DeskCalibrateResult(
                    fields.required("product", TEXT),
                    fields.required("version", TEXT),
                    fields.required("file", TEXT),
                    fields.required("width", INTEGER),
                    fields.required("height", INTEGER),
                    fields.optional("picture", TEXT),
                    fields.optional("role", TEXT),
                    fields.optional("name", TEXT),
                    fields.optional("left", PIXELS),
                    fields.optional("from_bottom", PIXELS),
                    fields.orElse("copyable", Wire::flag, false));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("product", product);
            wire.put("version", version);
            wire.put("file", file);
            wire.put("width", width);
            wire.put("height", height);
            if (picture != null) wire.put("picture", picture);
            if (role != null) wire.put("role", role);
            if (name != null) wire.put("name", name);
            if (left != null) wire.put("left", left);
            if (fromBottom != null) wire.put("from_bottom", fromBottom);
            wire.put("copyable", copyable);
            return wire;
        }
    }

    /**
     * Run all checks, or the one of that id; tell all, or what is about that interface. A check may take so long.
     */
    public record DoctorRunParams(String check, String interface_, long timeoutMs) implements Message {
        public static DoctorRunParams decode(Object wire) {
            return read(wire, "");
        }

        private static DoctorRunParams read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new DoctorRunParams(
                    fields.optional("check", IDENTIFIER),
                    fields.optional("interface", IDENTIFIER),
                    fields.orElse("timeout_ms", Wire.integer(1, 60000), 800L));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            if (check != null) wire.put("check", check);
            if (interface_ != null) wire.put("interface", interface_);
            wire.put("timeout_ms", timeoutMs);
            return wire;
        }
    }

    /**
     * What to do against a finding, and the commands that do it. The doctor runs none of them.
     */
    public record RemedyView(String text, List<String> commands) implements Message {
        public static RemedyView decode(Object wire) {
            return read(wire, "");
        }

        private static RemedyView read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new RemedyView(
                    fields.required("text", TEXT),
                    fields.required("commands", Wire.list(TEXT)));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("text", text);
            wire.put("commands", commands);
            return wire;
        }
    }

    /**
     * What a check found. `about` tells several of one id apart; `blocker` is why the interfaces cannot act.
     */
    public record FindingView(String id, Severity severity, String problem, RemedyView remedy, List<String> interfaces, List<String> dependsOn, String about, String blocker) implements Message {
        public static FindingView decode(Object wire) {
            return read(wire, "");
        }

        private static FindingView read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new FindingView(
                    fields.required("id", IDENTIFIER),
                    fields.required("severity", SEVERITY),
                    fields.required("problem", TEXT),
                    fields.required("remedy", RemedyView::read),
                    fields.required("interfaces", Wire.list(TEXT)),
                    fields.required("depends_on", Wire.list(TEXT)),
                    fields.optional("about", TEXT),
                    fields.optional("blocker", TEXT));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("id", id);
            wire.put("severity", Wire.word(severity));
            wire.put("problem", problem);
            wire.put("remedy", remedy.encode());
            wire.put("interfaces", interfaces);
            wire.put("depends_on", dependsOn);
            if (about != null) wire.put("about", about);
            if (blocker != null) wire.put("blocker", blocker);
            return wire;
        }
    }

    /**
     * An interface now: usable where the daemon runs, or not, why not, and the command against it.
     */
    public record StandingView(String id, String title, String status, boolean usable, Grade bestGrade, List<String> blockers, String why, String command) implements Message {
        public static StandingView decode(Object wire) {
            return read(wire, "");
        }

        private static StandingView read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new StandingView(
                    fields.required("id", IDENTIFIER),
                    fields.required("title", TEXT),
                    fields.required("status", Wire.choice("built", "planned", "ruled_out")),
                    fields.required("usable", Wire::flag),
                    fields.required("best_grade", GRADE),
                    fields.required("blockers", Wire.list(TEXT)),
                    fields.optional("why", TEXT),
                    fields.optional("command", TEXT));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("id", id);
            wire.put("title", title);
            wire.put("status", status);
            wire.put("usable", usable);
            wire.put("best_grade", Wire.word(bestGrade));
            wire.put("blockers", blockers);
            if (why != null) wire.put("why", why);
            if (command != null) wire.put("command", command);
            return wire;
        }
    }

    /**
     * What a check merely saw.
     */
    public record SeenView(String name, String value) implements Message {
        public static SeenView decode(Object wire) {
            return read(wire, "");
        }

        private static SeenView read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new SeenView(
                    fields.required("name", TEXT),
                    fields.required("value", TEXT));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("name", name);
            wire.put("value", value);
            return wire;
        }
    }

    /**
     * How a check went. `ms` is absent for one that was not over in time.
     */
    public record ExaminedView(String id, ExaminedState state, List<SeenView> seen, Long ms) implements Message {
        public static ExaminedView decode(Object wire) {
            return read(wire, "");
        }

        private static ExaminedView read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new ExaminedView(
                    fields.required("id", IDENTIFIER),
                    fields.required("state", EXAMINED_STATE),
                    fields.required("seen", Wire.list(SeenView::read)),
                    fields.optional("ms", INTEGER));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("id", id);
            wire.put("state", Wire.word(state));
            wire.put("seen", seen.stream().map(SeenView::encode).toList());
            if (ms != null) wire.put("ms", ms);
            return wire;
        }
    }

    /**
     * `healthy`: notes at most. `hidden`: findings that only follow from one of their `depends_on`. What depends on the
     * environment, such as the desktop, is that of the daemon.
     */
    public record DoctorRunResult(boolean healthy, List<StandingView> interfaces, List<FindingView> findings, List<FindingView> hidden, List<ExaminedView> checks) implements Message {
        public static DoctorRunResult decode(Object wire) {
            return read(wire, "");
        }

        private static DoctorRunResult read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new DoctorRunResult(
                    fields.required("healthy", Wire::flag),
                    fields.required("interfaces", Wire.list(StandingView::read)),
                    fields.required("findings", Wire.list(FindingView::read)),
                    fields.required("hidden", Wire.list(FindingView::read)),
                    fields.required("checks", Wire.list(ExaminedView::read)));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("healthy", healthy);
            wire.put("interfaces", interfaces.stream().map(StandingView::encode).toList());
            wire.put("findings", findings.stream().map(FindingView::encode).toList());
            wire.put("hidden", hidden.stream().map(FindingView::encode).toList());
            wire.put("checks", checks.stream().map(ExaminedView::encode).toList());
            return wire;
        }
    }

    /**
     * Which surface is meant. All fields given must hold; the rest must leave exactly one surface.
     */
    public record SurfaceSelector(String ide, String workspace, String agent, String window, String via) implements Message {
        public static SurfaceSelector decode(Object wire) {
            return read(wire, "");
        }

        private static SurfaceSelector read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new SurfaceSelector(
                    fields.optional("ide", TEXT),
                    fields.optional("workspace", TEXT),
                    fields.optional("agent", TEXT),
                    fields.optional("window", TEXT),
                    fields.optional("via", TEXT));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            if (ide != null) wire.put("ide", ide);
            if (workspace != null) wire.put("workspace", workspace);
            if (agent != null) wire.put("agent", agent);
            if (window != null) wire.put("window", window);
            if (via != null) wire.put("via", via);
            return wire;
        }
    }

    /**
     * What does the plugin's own journal know of this drive?
     */
    public record LookupParams(String driveId) implements Message {
        public static LookupParams decode(Object wire) {
            return read(wire, "");
        }

        private static LookupParams read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new LookupParams(
                    fields.required("drive_id", DRIVE_ID));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("drive_id", driveId);
            return wire;
        }
    }

    /**
     * The last journaled state of a drive and the facts recorded with it. `absent`: it was never begun here, and from
     * now on never will be. `in_flight`: the delivery still runs, more facts follow by `chat/event`.
     */
    public record LookupResult(String driveId, JournalState state, List<FactReport> facts, boolean inFlight, String textSha) implements Message {
        public static LookupResult decode(Object wire) {
            return read(wire, "");
        }

        private static LookupResult read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new LookupResult(
                    fields.required("drive_id", DRIVE_ID),
                    fields.required("state", JOURNAL_STATE),
                    fields.required("facts", Wire.list(FactReport::read)),
                    fields.orElse("in_flight", Wire::flag, false),
                    fields.optional("text_sha", TEXT_HASH));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("drive_id", driveId);
            wire.put("state", Wire.word(state));
            wire.put("facts", facts.stream().map(FactReport::encode).toList());
            wire.put("in_flight", inFlight);
            if (textSha != null) wire.put("text_sha", textSha);
            return wire;
        }
    }

    /**
     * One prompt for one surface, under an id the caller made. The same id and body give the same answer again.
     *
     * `deadline_ms` bounds the proof of the submit, `wait_ms` how long the turn after it is followed. `require` is the
     * grade that is good enough to settle as confirmed before the deadline. The body is the text, selector, target and
     * draft; the rest may differ when the same drive is asked for again.
     */
    public record DriveStartParams(String driveId, String text, SurfaceSelector selector, ChatTarget target, boolean draft, long deadlineMs, long waitMs, String require) implements Message {
        public static DriveStartParams decode(Object wire) {
            return read(wire, "");
        }

        private static DriveStartParams read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new DriveStartParams(
                    fields.required("drive_id", DRIVE_ID),
                    fields.required("text", TEXT),
                    fields.required("selector", SurfaceSelector::read),
                    fields.required("target", ChatTarget::read),
                    fields.orElse("draft", Wire::flag, false),
                    fields.orElse("deadline_ms", MILLISECONDS, 90000L),
                    fields.orElse("wait_ms", MILLISECONDS, 600000L),
                    fields.orElse("require", Wire.choice("host", "witness"), "host"));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("drive_id", driveId);
            wire.put("text", text);
            wire.put("selector", selector.encode());
            wire.put("target", target.encode());
            wire.put("draft", draft);
            wire.put("deadline_ms", deadlineMs);
            wire.put("wait_ms", waitMs);
            wire.put("require", require);
            return wire;
        }
    }

    /**
     * A fact of a drive as recorded. `source` names the plugin session or the observer it came from. Not `counted`: it
     * came too late, or was about another text or chat.
     */
    public record FactView(FactKind kind, Grade grade, String source, long atMs, String chatId, String evidence, String detail, boolean counted) implements Message {
        public static FactView decode(Object wire) {
            return read(wire, "");
        }

        private static FactView read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new FactView(
                    fields.required("kind", FACT_KIND),
                    fields.required("grade", GRADE),
                    fields.required("source", TEXT),
                    fields.required("at_ms", MILLISECONDS),
                    fields.optional("chat_id", TEXT),
                    fields.optional("evidence", TEXT),
                    fields.optional("detail", TEXT),
                    fields.orElse("counted", Wire::flag, true));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("kind", Wire.word(kind));
            wire.put("grade", Wire.word(grade));
            wire.put("source", source);
            wire.put("at_ms", atMs);
            if (chatId != null) wire.put("chat_id", chatId);
            if (evidence != null) wire.put("evidence", evidence);
            if (detail != null) wire.put("detail", detail);
            wire.put("counted", counted);
            return wire;
        }
    }

    /**
     * One interface that was considered, and why it was not chosen or did not act.
     */
    public record CandidateView(String interface_, String surface, boolean chosen, Grade bestGrade, String reason) implements Message {
        public static CandidateView decode(Object wire) {
            return read(wire, "");
        }

        private static CandidateView read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new CandidateView(
                    fields.required("interface", TEXT),
                    fields.required("surface", TEXT),
                    fields.required("chosen", Wire::flag),
                    fields.required("best_grade", GRADE),
                    fields.optional("reason", TEXT));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("interface", interface_);
            wire.put("surface", surface);
            wire.put("chosen", chosen);
            wire.put("best_grade", Wire.word(bestGrade));
            if (reason != null) wire.put("reason", reason);
            return wire;
        }
    }

    /**
     * What became of the turn after the submit. `reply` comes from the chat's own store, where that can be read.
     */
    public record TurnView(TurnState state, String reply, String reason) implements Message {
        public static TurnView decode(Object wire) {
            return read(wire, "");
        }

        private static TurnView read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new TurnView(
                    fields.required("state", TURN_STATE),
                    fields.optional("reply", TEXT),
                    fields.optional("reason", TEXT));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("state", Wire.word(state));
            if (reply != null) wire.put("reply", reply);
            if (reason != null) wire.put("reason", reason);
            return wire;
        }
    }

    /**
     * All there is to say of one drive. `outcome` is null until `state` is `settled`. `doubt`: what speaks against an
     * outcome that rests on the host's word alone. `approval`: the approval it waits for. `warning`: what is to be known
     * of its prompt. `marked`: what the operator says of an unknown outcome; it proves nothing, and the outcome stays.
     * `resent_as`: the drive that an operator's recovery made of an unknown one.
     */
    public record DriveView(String driveId, DriveState state, String textSha, long textChars, long acceptedAtMs, List<FactView> facts, List<CandidateView> candidates, boolean draft, Long settledAtMs, Outcome outcome, String blocker, String reason, String surface, String interface_, String chatId, Long queuedBehind, TurnView turn, boolean replayed, String doubt, String approval, String warning, String marked, String resentAs) implements Message {
        public static DriveView decode(Object wire) {
            return read(wire, "");
        }

        private static DriveView read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new DriveView(
                    fields.required("drive_id", DRIVE_ID),
                    fields.required("state", DRIVE_STATE),
                    fields.required("text_sha", TEXT_HASH),
                    fields.required("text_chars", MILLISECONDS),
                    fields.required("accepted_at_ms", MILLISECONDS),
                    fields.required("facts", Wire.list(FactView::read)),
                    fields.required("candidates", Wire.list(CandidateView::read)),
                    fields.orElse("draft", Wire::flag, false),
                    fields.optional("settled_at_ms", MILLISECONDS),
                    fields.optional("outcome", OUTCOME),
                    fields.optional("blocker", TEXT),
                    fields.optional("reason", TEXT),
                    fields.optional("surface", TEXT),
                    fields.optional("interface", TEXT),
                    fields.optional("chat_id", TEXT),
                    fields.optional("queued_behind", INTEGER),
                    fields.optional("turn", TurnView::read),
                    fields.orElse("replayed", Wire::flag, false),
                    fields.optional("doubt", TEXT),
                    fields.optional("approval", TEXT),
                    fields.optional("warning", TEXT),
                    fields.optional("marked", Wire.choice("submitted", "not_submitted")),
                    fields.optional("resent_as", TEXT));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("drive_id", driveId);
            wire.put("state", Wire.word(state));
            wire.put("text_sha", textSha);
            wire.put("text_chars", textChars);
            wire.put("accepted_at_ms", acceptedAtMs);
            wire.put("facts", facts.stream().map(FactView::encode).toList());
            wire.put("candidates", candidates.stream().map(CandidateView::encode).toList());
            wire.put("draft", draft);
            if (settledAtMs != null) wire.put("settled_at_ms", settledAtMs);
            if (outcome != null) wire.put("outcome", Wire.word(outcome));
            if (blocker != null) wire.put("blocker", blocker);
            if (reason != null) wire.put("reason", reason);
            if (surface != null) wire.put("surface", surface);
            if (interface_ != null) wire.put("interface", interface_);
            if (chatId != null) wire.put("chat_id", chatId);
            if (queuedBehind != null) wire.put("queued_behind", queuedBehind);
            if (turn != null) wire.put("turn", turn.encode());
            wire.put("replayed", replayed);
            if (doubt != null) wire.put("doubt", doubt);
            if (approval != null) wire.put("approval", approval);
            if (warning != null) wire.put("warning", warning);
            if (marked != null) wire.put("marked", marked);
            if (resentAs != null) wire.put("resent_as", resentAs);
            return wire;
        }
    }

    /**
     * A drive by its id.
     */
    public record DriveGetParams(String driveId) implements Message {
        public static DriveGetParams decode(Object wire) {
            return read(wire, "");
        }

        private static DriveGetParams read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new DriveGetParams(
                    fields.required("drive_id", DRIVE_ID));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("drive_id", driveId);
            return wire;
        }
    }

    /**
     * The newest drives first.
     */
    public record DriveListParams(long limit, DriveState state) implements Message {
        public static DriveListParams decode(Object wire) {
            return read(wire, "");
        }

        private static DriveListParams read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new DriveListParams(
                    fields.orElse("limit", Wire.integer(1, 1000), 50L),
                    fields.optional("state", DRIVE_STATE));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("limit", limit);
            if (state != null) wire.put("state", Wire.word(state));
            return wire;
        }
    }

    /**
     * Drives, newest first.
     */
    public record DriveListResult(List<DriveView> drives) implements Message {
        public static DriveListResult decode(Object wire) {
            return read(wire, "");
        }

        private static DriveListResult read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new DriveListResult(
                    fields.required("drives", Wire.list(DriveView::read)));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("drives", drives.stream().map(DriveView::encode).toList());
            return wire;
        }
    }

    /**
     * Answers when the drive has an outcome (or, with `turn`, when its turn is over too), or after `timeout_ms`.
     */
    public record DriveWaitParams(String driveId, String until, long timeoutMs) implements Message {
        public static DriveWaitParams decode(Object wire) {
            return read(wire, "");
        }

        private static DriveWaitParams read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new DriveWaitParams(
                    fields.required("drive_id", DRIVE_ID),
                    fields.orElse("until", Wire.choice("outcome", "turn"), "outcome"),
                    fields.orElse("timeout_ms", MILLISECONDS, 60000L));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("drive_id", driveId);
            wire.put("until", until);
            wire.put("timeout_ms", timeoutMs);
            return wire;
        }
    }

    /**
     * The drives of a window: the one whose turn it is, since when it was accepted, and how many are behind it.
     */
    public record QueueView(String windowId, String driveId, DriveState state, long acceptedAtMs, boolean overdue, long behind) implements Message {
        public static QueueView decode(Object wire) {
            return read(wire, "");
        }

        private static QueueView read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new QueueView(
                    fields.required("window_id", TEXT),
                    fields.required("drive_id", DRIVE_ID),
                    fields.required("state", DRIVE_STATE),
                    fields.required("accepted_at_ms", MILLISECONDS),
                    fields.required("overdue", Wire::flag),
                    fields.required("behind", MILLISECONDS));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("window_id", windowId);
            wire.put("drive_id", driveId);
            wire.put("state", Wire.word(state));
            wire.put("accepted_at_ms", acceptedAtMs);
            wire.put("overdue", overdue);
            wire.put("behind", behind);
            return wire;
        }
    }

    /**
     * All there is to say of one goal. `activity` is what is being done, for people. `cause` and `reason` say why it
     * was stopped, `decision` what was decided last.
     */
    public record GoalView(String goalId, GoalState state, String text, long createdAtMs, long turn, BudgetTerms budget, SpentView spent, List<CheckView> checks, String termsSha, String activity, boolean pausing, String surface, String workspace, String interface_, String driveId, String approval, GoalDecision decision, StopCause cause, String reason, String summary, QuestionView question, Long wakesAtMs, Long endedAtMs, Long queuedBehind) implements Message {
        public static GoalView decode(Object wire) {
            return read(wire, "");
        }

        private static GoalView read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new GoalView(
                    fields.required("goal_id", GOAL_ID),
                    fields.required("state", GOAL_STATE),
                    fields.required("text", TEXT),
                    fields.required("created_at_ms", MILLISECONDS),
                    fields.required("turn", MILLISECONDS),
                    fields.required("budget", BudgetTerms::read),
                    fields.required("spent", SpentView::read),
                    fields.required("checks", Wire.list(CheckView::read)),
                    fields.required("terms_sha", TEXT_HASH),
                    fields.required("activity", TEXT),
                    fields.orElse("pausing", Wire::flag, false),
                    fields.optional("surface", TEXT),
                    fields.optional("workspace", TEXT),
                    fields.optional("interface", TEXT),
                    fields.optional("drive_id", DRIVE_ID),
                    fields.optional("approval", TEXT),
                    fields.optional("decision", GOAL_DECISION),
                    fields.optional("cause", STOP_CAUSE),
                    fields.optional("reason", TEXT),
                    fields.optional("summary", TEXT),
                    fields.optional("question", QuestionView::read),
                    fields.optional("wakes_at_ms", MILLISECONDS),
                    fields.optional("ended_at_ms", MILLISECONDS),
                    fields.optional("queued_behind", INTEGER));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("goal_id", goalId);
            wire.put("state", Wire.word(state));
            wire.put("text", text);
            wire.put("created_at_ms", createdAtMs);
            wire.put("turn", turn);
            wire.put("budget", budget.encode());
            wire.put("spent", spent.encode());
            wire.put("checks", checks.stream().map(CheckView::encode).toList());
            wire.put("terms_sha", termsSha);
            wire.put("activity", activity);
            wire.put("pausing", pausing);
            if (surface != null) wire.put("surface", surface);
            if (workspace != null) wire.put("workspace", workspace);
            if (interface_ != null) wire.put("interface", interface_);
            if (driveId != null) wire.put("drive_id", driveId);
            if (approval != null) wire.put("approval", approval);
            if (decision != null) wire.put("decision", Wire.word(decision));
            if (cause != null) wire.put("cause", Wire.word(cause));
            if (reason != null) wire.put("reason", reason);
            if (summary != null) wire.put("summary", summary);
            if (question != null) wire.put("question", question.encode());
            if (wakesAtMs != null) wire.put("wakes_at_ms", wakesAtMs);
            if (endedAtMs != null) wire.put("ended_at_ms", endedAtMs);
            if (queuedBehind != null) wire.put("queued_behind", queuedBehind);
            return wire;
        }
    }

    /**
     * Events of one drive, of one goal, or of everything. With `chats` also what the chats' stores show.
     */
    public record SubscribeParams(String driveId, String goalId, boolean chats) implements Message {
        public static SubscribeParams decode(Object wire) {
            return read(wire, "");
        }

        private static SubscribeParams read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new SubscribeParams(
                    fields.optional("drive_id", DRIVE_ID),
                    fields.optional("goal_id", GOAL_ID),
                    fields.orElse("chats", Wire::flag, false));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            if (driveId != null) wire.put("drive_id", driveId);
            if (goalId != null) wire.put("goal_id", goalId);
            wire.put("chats", chats);
            return wire;
        }
    }

    /**
     * `seq` of the last ledger row before the first event that will be sent.
     */
    public record SubscribeResult(long seq) implements Message {
        public static SubscribeResult decode(Object wire) {
            return read(wire, "");
        }

        private static SubscribeResult read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new SubscribeResult(
                    fields.required("seq", INTEGER));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("seq", seq);
            return wire;
        }
    }

    /**
     * One new ledger row, as told to subscribers. `drive` is the drive after that row, where the row is of one; so is
     * `goal`, also with a `seq` of 0 and the kind `goal` for a change that is no row.
     */
    public record Event(long seq, String kind, long atMs, DriveView drive, GoalView goal) implements Message {
        public static Event decode(Object wire) {
            return read(wire, "");
        }

        private static Event read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new Event(
                    fields.required("seq", INTEGER),
                    fields.required("kind", IDENTIFIER),
                    fields.required("at_ms", MILLISECONDS),
                    fields.optional("drive", DriveView::read),
                    fields.optional("goal", GoalView::read));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("seq", seq);
            wire.put("kind", kind);
            wire.put("at_ms", atMs);
            if (drive != null) wire.put("drive", drive.encode());
            if (goal != null) wire.put("goal", goal.encode());
            return wire;
        }
    }

    /**
     * A command that says whether the goal is reached: its `exit` is expected. `cwd` is below the workspace.
     *
     * `protect`: globs below the workspace; to change such a file is to change the check itself.
     */
    public record CheckTerms(String name, List<String> command, long exit, String cwd, long timeoutMs, List<String> protect) implements Message {
        public static CheckTerms decode(Object wire) {
            return read(wire, "");
        }

        private static CheckTerms read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new CheckTerms(
                    fields.required("name", IDENTIFIER),
                    fields.required("command", Wire.list(TEXT)),
                    fields.required("exit", Wire.integer(0, 255)),
                    fields.required("cwd", TEXT),
                    fields.required("timeout_ms", MILLISECONDS),
                    fields.required("protect", Wire.list(TEXT)));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("name", name);
            wire.put("command", command);
            wire.put("exit", exit);
            wire.put("cwd", cwd);
            wire.put("timeout_ms", timeoutMs);
            wire.put("protect", protect);
            return wire;
        }
    }

    /**
     * What a goal may take. `ms` counts while it works, not while a person is asked. Tokens and money are the
     * reviewer's; what the IDE's agent costs is not known here.
     */
    public record BudgetTerms(long turns, long ms, Long tokens, Long microdollars) implements Message {
        public static BudgetTerms decode(Object wire) {
            return read(wire, "");
        }

        private static BudgetTerms read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new BudgetTerms(
                    fields.required("turns", MILLISECONDS),
                    fields.required("ms", MILLISECONDS),
                    fields.optional("tokens", MILLISECONDS),
                    fields.optional("microdollars", MILLISECONDS));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("turns", turns);
            wire.put("ms", ms);
            if (tokens != null) wire.put("tokens", tokens);
            if (microdollars != null) wire.put("microdollars", microdollars);
            return wire;
        }
    }

    /**
     * How often in a row before it stops: the same failure, the same blocker, more failing than the turn before.
     */
    public record StopTerms(long sameFailure, long sameBlocker, long growing) implements Message {
        public static StopTerms decode(Object wire) {
            return read(wire, "");
        }

        private static StopTerms read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new StopTerms(
                    fields.required("same_failure", Wire.integer(1, 1000)),
                    fields.required("same_blocker", Wire.integer(1, 1000)),
                    fields.required("growing", Wire.integer(1, 1000)));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("same_failure", sameFailure);
            wire.put("same_blocker", sameBlocker);
            wire.put("growing", growing);
            return wire;
        }
    }

    /**
     * Who reads the replies. The key is in the file `key_file`, else in the daemon's environment under `key_env`.
     *
     * Prices are microdollars for a million tokens; without them money is not counted.
     */
    public record ReviewerTerms(ReviewerApi api, String model, String url, String keyEnv, String keyFile, Long priceIn, Long priceOut) implements Message {
        public static ReviewerTerms decode(Object wire) {
            return read(wire, "");
        }

        private static ReviewerTerms read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new ReviewerTerms(
                    fields.required("api", REVIEWER_API),
                    fields.required("model", IDENTIFIER),
                    fields.optional("url", TEXT),
                    fields.optional("key_env", IDENTIFIER),
                    fields.optional("key_file", TEXT),
                    fields.optional("price_in", MILLISECONDS),
                    fields.optional("price_out", MILLISECONDS));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("api", Wire.word(api));
            wire.put("model", model);
            if (url != null) wire.put("url", url);
            if (keyEnv != null) wire.put("key_env", keyEnv);
            if (keyFile != null) wire.put("key_file", keyFile);
            if (priceIn != null) wire.put("price_in", priceIn);
            if (priceOut != null) wire.put("price_out", priceOut);
            return wire;
        }
    }

    /**
     * All that a goal is. `approve`: interfaces whose approvals are given without a person. `prompts`: a folder whose
     * templates take the place of ours. `trust`: the level that the interface must have for this.
     */
    public record GoalTerms(String text, SurfaceSelector selector, List<CheckTerms> checks, List<String> notes, BudgetTerms budget, StopTerms stop, List<String> approve, long turnMs, long quietMs, long answerMs, OnQuestion onQuestion, TrustLevel trust, ChatChoice chat, String workspace, ReviewerTerms reviewer, String prompts) implements Message {
        public static GoalTerms decode(Object wire) {
            return read(wire, "");
        }

        private static GoalTerms read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new GoalTerms(
                    fields.required("text", Wire.text(1, 20000, null)),
                    fields.required("selector", SurfaceSelector::read),
                    fields.required("checks", Wire.list(CheckTerms::read)),
                    fields.required("notes", Wire.list(TEXT)),
                    fields.required("budget", BudgetTerms::read),
                    fields.required("stop", StopTerms::read),
                    fields.required("approve", Wire.list(IDENTIFIER)),
                    fields.required("turn_ms", MILLISECONDS),
                    fields.required("quiet_ms", MILLISECONDS),
                    fields.required("answer_ms", MILLISECONDS),
                    fields.required("on_question", ON_QUESTION),
                    fields.required("trust", TRUST_LEVEL),
                    fields.orElse("chat", CHAT_CHOICE, ChatChoice.CURRENT),
                    fields.optional("workspace", WORKSPACE),
                    fields.optional("reviewer", ReviewerTerms::read),
                    fields.optional("prompts", TEXT));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("text", text);
            wire.put("selector", selector.encode());
            wire.put("checks", checks.stream().map(CheckTerms::encode).toList());
            wire.put("notes", notes);
            wire.put("budget", budget.encode());
            wire.put("stop", stop.encode());
            wire.put("approve", approve);
            wire.put("turn_ms", turnMs);
            wire.put("quiet_ms", quietMs);
            wire.put("answer_ms", answerMs);
            wire.put("on_question", Wire.word(onQuestion));
            wire.put("trust", Wire.word(trust));
            wire.put("chat", Wire.word(chat));
            if (workspace != null) wire.put("workspace", workspace);
            if (reviewer != null) wire.put("reviewer", reviewer.encode());
            if (prompts != null) wire.put("prompts", prompts);
            return wire;
        }
    }

    /**
     * Begin a goal, under an id the caller made. The same id and terms are the same goal. An operator's word: checks
     * are commands.
     */
    public record GoalStartParams(String goalId, GoalTerms terms) implements Message {
        public static GoalStartParams decode(Object wire) {
            return read(wire, "");
        }

        private static GoalStartParams read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new GoalStartParams(
                    fields.required("goal_id", GOAL_ID),
                    fields.required("terms", GoalTerms::read));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("goal_id", goalId);
            wire.put("terms", terms.encode());
            return wire;
        }
    }

    /**
     * A goal by its id.
     */
    public record GoalGetParams(String goalId) implements Message {
        public static GoalGetParams decode(Object wire) {
            return read(wire, "");
        }

        private static GoalGetParams read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new GoalGetParams(
                    fields.required("goal_id", GOAL_ID));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("goal_id", goalId);
            return wire;
        }
    }

    /**
     * The newest goals first.
     */
    public record GoalListParams(long limit, GoalState state) implements Message {
        public static GoalListParams decode(Object wire) {
            return read(wire, "");
        }

        private static GoalListParams read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new GoalListParams(
                    fields.orElse("limit", Wire.integer(1, 1000), 50L),
                    fields.optional("state", GOAL_STATE));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("limit", limit);
            if (state != null) wire.put("state", Wire.word(state));
            return wire;
        }
    }

    /**
     * An operator's answer to the question that was read; refused when it is another by now.
     */
    public record GoalAnswerParams(String goalId, String questionId, String text) implements Message {
        public static GoalAnswerParams decode(Object wire) {
            return read(wire, "");
        }

        private static GoalAnswerParams read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new GoalAnswerParams(
                    fields.required("goal_id", GOAL_ID),
                    fields.required("question_id", IDENTIFIER),
                    fields.required("text", Wire.text(1, 20000, null)));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("goal_id", goalId);
            wire.put("question_id", questionId);
            wire.put("text", text);
            return wire;
        }
    }

    /**
     * One check as it ended last. `failing`: how many failures its output counts. `why`: what kept it from an answer.
     * `stable` is false when the workspace changed while it ran.
     */
    public record CheckView(String name, CheckState state, long ms, Long exit, Long failing, String why, boolean stable) implements Message {
        public static CheckView decode(Object wire) {
            return read(wire, "");
        }

        private static CheckView read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new CheckView(
                    fields.required("name", TEXT),
                    fields.required("state", CHECK_STATE),
                    fields.required("ms", MILLISECONDS),
                    fields.optional("exit", INTEGER),
                    fields.optional("failing", INTEGER),
                    fields.optional("why", TEXT),
                    fields.orElse("stable", Wire::flag, true));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("name", name);
            wire.put("state", Wire.word(state));
            wire.put("ms", ms);
            if (exit != null) wire.put("exit", exit);
            if (failing != null) wire.put("failing", failing);
            if (why != null) wire.put("why", why);
            wire.put("stable", stable);
            return wire;
        }
    }

    /**
     * What a person is asked. `reply`: the agent's reply ends with it. `pending`: the chat itself waits, and can be
     * answered there. `doubt`: whether a prompt was sent is not known. `cancelled`: the turn was stopped in the IDE.
     */
    public record QuestionView(String questionId, QuestionKind kind, String text, long askedAtMs, long expiresAtMs) implements Message {
        public static QuestionView decode(Object wire) {
            return read(wire, "");
        }

        private static QuestionView read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new QuestionView(
                    fields.required("question_id", IDENTIFIER),
                    fields.required("kind", QUESTION_KIND),
                    fields.required("text", TEXT),
                    fields.required("asked_at_ms", MILLISECONDS),
                    fields.required("expires_at_ms", MILLISECONDS));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("question_id", questionId);
            wire.put("kind", Wire.word(kind));
            wire.put("text", text);
            wire.put("asked_at_ms", askedAtMs);
            wire.put("expires_at_ms", expiresAtMs);
            return wire;
        }
    }

    /**
     * What a goal took so far, in the units of its budget.
     */
    public record SpentView(long turns, long ms, long tokens, long microdollars) implements Message {
        public static SpentView decode(Object wire) {
            return read(wire, "");
        }

        private static SpentView read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new SpentView(
                    fields.required("turns", MILLISECONDS),
                    fields.required("ms", MILLISECONDS),
                    fields.required("tokens", MILLISECONDS),
                    fields.required("microdollars", MILLISECONDS));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("turns", turns);
            wire.put("ms", ms);
            wire.put("tokens", tokens);
            wire.put("microdollars", microdollars);
            return wire;
        }
    }

    /**
     * Newest first.
     */
    public record GoalListResult(List<GoalView> goals) implements Message {
        public static GoalListResult decode(Object wire) {
            return read(wire, "");
        }

        private static GoalListResult read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new GoalListResult(
                    fields.required("goals", Wire.list(GoalView::read)));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("goals", goals.stream().map(GoalView::encode).toList());
            return wire;
        }
    }

    /**
     * Which IDE the plugin runs in. `product` is a lower-case id such as `code`, `cursor`, `codium`, `idea`.
     */
    public record IdeInfo(String product, String version, String appName, String appHost) implements Message {
        public static IdeInfo decode(Object wire) {
            return read(wire, "");
        }

        private static IdeInfo read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new IdeInfo(
                    fields.required("product", IDENTIFIER),
                    fields.required("version", TEXT),
                    fields.required("app_name", TEXT),
                    fields.required("app_host", TEXT));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("product", product);
            wire.put("version", version);
            wire.put("app_name", appName);
            wire.put("app_host", appHost);
            return wire;
        }
    }

    /**
     * Where the plugin believes the chats of a surface are stored. `store` is the id of an observer.
     */
    public record StoreHint(String store, String path) implements Message {
        public static StoreHint decode(Object wire) {
            return read(wire, "");
        }

        private static StoreHint read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new StoreHint(
                    fields.required("store", IDENTIFIER),
                    fields.required("path", TEXT));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("store", store);
            wire.put("path", path);
            return wire;
        }
    }

    /**
     * One chat that can be addressed through a plugin. `interfaces` are registry ids the plugin can perform for it.
     */
    public record SurfaceInfo(String surfaceId, String agent, String title, List<String> workspaceFolders, List<String> interfaces, StoreHint store) implements Message {
        public static SurfaceInfo decode(Object wire) {
            return read(wire, "");
        }

        private static SurfaceInfo read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new SurfaceInfo(
                    fields.required("surface_id", IDENTIFIER),
                    fields.required("agent", IDENTIFIER),
                    fields.required("title", TEXT),
                    fields.required("workspace_folders", Wire.list(TEXT)),
                    fields.required("interfaces", Wire.list(IDENTIFIER)),
                    fields.optional("store", StoreHint::read));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("surface_id", surfaceId);
            wire.put("agent", agent);
            wire.put("title", title);
            wire.put("workspace_folders", workspaceFolders);
            wire.put("interfaces", interfaces);
            if (store != null) wire.put("store", store.encode());
            return wire;
        }
    }

    /**
     * What only plugins say of themselves. `window_id` stays the same over a reload; `host_started_at_ms` does not.
     */
    public record PluginInfo(IdeInfo ide, long pid, long hostStartedAtMs, String windowId, List<String> capabilities, List<SurfaceInfo> surfaces) implements Message {
        public static PluginInfo decode(Object wire) {
            return read(wire, "");
        }

        private static PluginInfo read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new PluginInfo(
                    fields.required("ide", IdeInfo::read),
                    fields.required("pid", Wire.integer(1, 9007199254740991L)),
                    fields.required("host_started_at_ms", MILLISECONDS),
                    fields.required("window_id", IDENTIFIER),
                    fields.required("capabilities", Wire.list(IDENTIFIER)),
                    fields.required("surfaces", Wire.list(SurfaceInfo::read)));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("ide", ide.encode());
            wire.put("pid", pid);
            wire.put("host_started_at_ms", hostStartedAtMs);
            wire.put("window_id", windowId);
            wire.put("capabilities", capabilities);
            wire.put("surfaces", surfaces.stream().map(SurfaceInfo::encode).toList());
            return wire;
        }
    }

    /**
     * The first request of every peer. `plugin` is required for the role plugin and absent for the others.
     */
    public record InitializeParams(Role role, String name, String version, ProtocolRange protocol, PluginInfo plugin) implements Message {
        public static InitializeParams decode(Object wire) {
            return read(wire, "");
        }

        private static InitializeParams read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new InitializeParams(
                    fields.required("role", ROLE),
                    fields.required("name", IDENTIFIER),
                    fields.required("version", TEXT),
                    fields.required("protocol", ProtocolRange::read),
                    fields.optional("plugin", PluginInfo::read));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("role", Wire.word(role));
            wire.put("name", name);
            wire.put("version", version);
            wire.put("protocol", protocol.encode());
            if (plugin != null) wire.put("plugin", plugin.encode());
            return wire;
        }
    }

    /**
     * `epoch` grows with each connection of the same window; a plugin sends it back with everything it reports.
     */
    public record InitializeResult(long protocol, String daemonVersion, String instanceId, String sessionId, long epoch, long heartbeatMs) implements Message {
        public static InitializeResult decode(Object wire) {
            return read(wire, "");
        }

        private static InitializeResult read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new InitializeResult(
                    fields.required("protocol", INTEGER),
                    fields.required("daemon_version", TEXT),
                    fields.required("instance_id", TEXT),
                    fields.required("session_id", TEXT),
                    fields.required("epoch", INTEGER),
                    fields.required("heartbeat_ms", MILLISECONDS));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("protocol", protocol);
            wire.put("daemon_version", daemonVersion);
            wire.put("instance_id", instanceId);
            wire.put("session_id", sessionId);
            wire.put("epoch", epoch);
            wire.put("heartbeat_ms", heartbeatMs);
            return wire;
        }
    }

    /**
     * Which interface would a drive with this selector take, and why not another?
     */
    public record ExplainParams(SurfaceSelector selector, boolean draft) implements Message {
        public static ExplainParams decode(Object wire) {
            return read(wire, "");
        }

        private static ExplainParams read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new ExplainParams(
                    fields.required("selector", SurfaceSelector::read),
                    fields.orElse("draft", Wire::flag, false));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("selector", selector.encode());
            wire.put("draft", draft);
            return wire;
        }
    }

    /**
     * One interface for one surface. `chosen`: a drive would begin with it. `reason`: why it is refused, else null.
     * `asks`: why a person must approve it first. `surface` is null where no connected chat fits.
     */
    public record ExplainRow(String interface_, boolean chosen, Grade bestGrade, long authority, long cost, String surface, String reason, String asks) implements Message {
        public static ExplainRow decode(Object wire) {
            return read(wire, "");
        }

        private static ExplainRow read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new ExplainRow(
                    fields.required("interface", TEXT),
                    fields.required("chosen", Wire::flag),
                    fields.required("best_grade", GRADE),
                    fields.required("authority", INTEGER),
                    fields.required("cost", INTEGER),
                    fields.optional("surface", TEXT),
                    fields.optional("reason", TEXT),
                    fields.optional("asks", TEXT));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("interface", interface_);
            wire.put("chosen", chosen);
            wire.put("best_grade", Wire.word(bestGrade));
            wire.put("authority", authority);
            wire.put("cost", cost);
            if (surface != null) wire.put("surface", surface);
            if (reason != null) wire.put("reason", reason);
            if (asks != null) wire.put("asks", asks);
            return wire;
        }
    }

    /**
     * Every interface that could drive, for each surface that fits, best first. `message` says why none would act.
     * `others`: the connected surfaces that do not fit.
     */
    public record ExplainResult(List<ExplainRow> rows, List<String> surfaces, List<String> others, String message) implements Message {
        public static ExplainResult decode(Object wire) {
            return read(wire, "");
        }

        private static ExplainResult read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new ExplainResult(
                    fields.required("rows", Wire.list(ExplainRow::read)),
                    fields.required("surfaces", Wire.list(TEXT)),
                    fields.required("others", Wire.list(TEXT)),
                    fields.optional("message", TEXT));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("rows", rows.stream().map(ExplainRow::encode).toList());
            wire.put("surfaces", surfaces);
            wire.put("others", others);
            if (message != null) wire.put("message", message);
            return wire;
        }
    }

    /**
     * One interface of the registry. Only one whose `status` is `built` is ever chosen.
     */
    public record InterfaceView(String id, String title, String family, String direction, String status, Grade bestGrade, boolean canConfirmSubmit, String trust, List<String> products, List<String> blockingModes, String statusReason) implements Message {
        public static InterfaceView decode(Object wire) {
            return read(wire, "");
        }

        private static InterfaceView read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new InterfaceView(
                    fields.required("id", IDENTIFIER),
                    fields.required("title", TEXT),
                    fields.required("family", IDENTIFIER),
                    fields.required("direction", IDENTIFIER),
                    fields.required("status", Wire.choice("built", "planned", "ruled_out")),
                    fields.required("best_grade", GRADE),
                    fields.required("can_confirm_submit", Wire::flag),
                    fields.required("trust", IDENTIFIER),
                    fields.required("products", Wire.list(TEXT)),
                    fields.required("blocking_modes", Wire.list(TEXT)),
                    fields.optional("status_reason", TEXT));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("id", id);
            wire.put("title", title);
            wire.put("family", family);
            wire.put("direction", direction);
            wire.put("status", status);
            wire.put("best_grade", Wire.word(bestGrade));
            wire.put("can_confirm_submit", canConfirmSubmit);
            wire.put("trust", trust);
            wire.put("products", products);
            wire.put("blocking_modes", blockingModes);
            if (statusReason != null) wire.put("status_reason", statusReason);
            return wire;
        }
    }

    /**
     * The registry as the daemon read it when it started. `problems`: the files it could not take.
     */
    public record InterfacesListResult(List<InterfaceView> interfaces, List<String> problems) implements Message {
        public static InterfacesListResult decode(Object wire) {
            return read(wire, "");
        }

        private static InterfacesListResult read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new InterfacesListResult(
                    fields.required("interfaces", Wire.list(InterfaceView::read)),
                    fields.required("problems", Wire.list(TEXT)));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("interfaces", interfaces.stream().map(InterfaceView::encode).toList());
            wire.put("problems", problems);
            return wire;
        }
    }

    /**
     * Rows after `after_seq`, oldest first; without it the last `limit` rows.
     */
    public record LedgerTailParams(Long afterSeq, long limit) implements Message {
        public static LedgerTailParams decode(Object wire) {
            return read(wire, "");
        }

        private static LedgerTailParams read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new LedgerTailParams(
                    fields.optional("after_seq", INTEGER),
                    fields.orElse("limit", Wire.integer(1, 1000), 50L));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            if (afterSeq != null) wire.put("after_seq", afterSeq);
            wire.put("limit", limit);
            return wire;
        }
    }

    /**
     * One row of the ledger. `body` is its JSON as stored; `hash` links it to the row before.
     */
    public record LedgerRow(long seq, long atMs, String kind, String body, String hash, String driveId) implements Message {
        public static LedgerRow decode(Object wire) {
            return read(wire, "");
        }

        private static LedgerRow read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new LedgerRow(
                    fields.required("seq", INTEGER),
                    fields.required("at_ms", MILLISECONDS),
                    fields.required("kind", IDENTIFIER),
                    fields.required("body", TEXT),
                    fields.required("hash", TEXT),
                    fields.optional("drive_id", TEXT));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("seq", seq);
            wire.put("at_ms", atMs);
            wire.put("kind", kind);
            wire.put("body", body);
            wire.put("hash", hash);
            if (driveId != null) wire.put("drive_id", driveId);
            return wire;
        }
    }

    /**
     * Rows, oldest first.
     */
    public record LedgerTailResult(List<LedgerRow> rows) implements Message {
        public static LedgerTailResult decode(Object wire) {
            return read(wire, "");
        }

        private static LedgerTailResult read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new LedgerTailResult(
                    fields.required("rows", Wire.list(LedgerRow::read)));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("rows", rows.stream().map(LedgerRow::encode).toList());
            return wire;
        }
    }

    /**
     * `intact` with `torn_tail` means that the last write was cut off by a crash, not changed by a hand.
     */
    public record LedgerVerifyResult(String verdict, long rows, boolean tornTail, boolean keyed, Long seq, String message) implements Message {
        public static LedgerVerifyResult decode(Object wire) {
            return read(wire, "");
        }

        private static LedgerVerifyResult read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new LedgerVerifyResult(
                    fields.required("verdict", Wire.choice("intact", "tampered", "unreadable")),
                    fields.required("rows", INTEGER),
                    fields.required("torn_tail", Wire::flag),
                    fields.required("keyed", Wire::flag),
                    fields.optional("seq", INTEGER),
                    fields.optional("message", TEXT));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("verdict", verdict);
            wire.put("rows", rows);
            wire.put("torn_tail", tornTail);
            wire.put("keyed", keyed);
            if (seq != null) wire.put("seq", seq);
            if (message != null) wire.put("message", message);
            return wire;
        }
    }

    /**
     * A line for the daemon's log. Never holds the text of a prompt.
     */
    public record LogMessage(LogLevel level, String message) implements Message {
        public static LogMessage decode(Object wire) {
            return read(wire, "");
        }

        private static LogMessage read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new LogMessage(
                    fields.required("level", LOG_LEVEL),
                    fields.required("message", TEXT));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("level", Wire.word(level));
            wire.put("message", message);
            return wire;
        }
    }

    /**
     * One thing that was looked for in the host. `detail` says more than whether it is there.
     */
    public record Lookup(String kind, String name, boolean found, String detail) implements Message {
        public static Lookup decode(Object wire) {
            return read(wire, "");
        }

        private static Lookup read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new Lookup(
                    fields.required("kind", IDENTIFIER),
                    fields.required("name", TEXT),
                    fields.required("found", Wire::flag),
                    fields.optional("detail", TEXT));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("kind", kind);
            wire.put("name", name);
            wire.put("found", found);
            if (detail != null) wire.put("detail", detail);
            return wire;
        }
    }

    /**
     * What each look-up of a plugin gave in its host, touching nothing. Known kinds: chat, plugin, tool_window, action,
     * member, socket, journal, catalogue.
     */
    public record SelfTestResult(List<Lookup> lookups) implements Message {
        public static SelfTestResult decode(Object wire) {
            return read(wire, "");
        }

        private static SelfTestResult read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new SelfTestResult(
                    fields.required("lookups", Wire.list(Lookup::read)));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("lookups", lookups.stream().map(Lookup::encode).toList());
            return wire;
        }
    }

    /**
     * One recovery of the registry. `daemon`: `recovery/run` runs it; `command`: the command line does, for it must
     * work without a daemon; `operator`: a person does. One with a `risk` other than `none` needs an approval.
     */
    public record RecoveryView(String recovery, String title, RecoveryPlace place, String risk, String command) implements Message {
        public static RecoveryView decode(Object wire) {
            return read(wire, "");
        }

        private static RecoveryView read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new RecoveryView(
                    fields.required("recovery", IDENTIFIER),
                    fields.required("title", TEXT),
                    fields.required("place", RECOVERY_PLACE),
                    fields.required("risk", IDENTIFIER),
                    fields.optional("command", TEXT));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("recovery", recovery);
            wire.put("title", title);
            wire.put("place", Wire.word(place));
            wire.put("risk", risk);
            if (command != null) wire.put("command", command);
            return wire;
        }
    }

    /**
     * What can be done, and what calls for it: drives whose outcome is unknown, about which no person has said anything
     * yet, oldest first; and the queues.
     */
    public record RecoveriesListResult(List<RecoveryView> recoveries, List<String> drivesUnknown, List<QueueView> queues) implements Message {
        public static RecoveriesListResult decode(Object wire) {
            return read(wire, "");
        }

        private static RecoveriesListResult read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new RecoveriesListResult(
                    fields.required("recoveries", Wire.list(RecoveryView::read)),
                    fields.required("drives_unknown", Wire.list(TEXT)),
                    fields.required("queues", Wire.list(QueueView::read)));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("recoveries", recoveries.stream().map(RecoveryView::encode).toList());
            wire.put("drives_unknown", drivesUnknown);
            wire.put("queues", queues.stream().map(QueueView::encode).toList());
            return wire;
        }
    }

    /**
     * Run one under an id the caller made. The same id and body again: the same run, once. What is not given is found,
     * where there is only one. `dry_run` says what would be done, and does nothing.
     */
    public record RecoveryRunParams(String runId, String recovery, String window, String driveId, boolean dryRun) implements Message {
        public static RecoveryRunParams decode(Object wire) {
            return read(wire, "");
        }

        private static RecoveryRunParams read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new RecoveryRunParams(
                    fields.required("run_id", IDENTIFIER),
                    fields.required("recovery", IDENTIFIER),
                    fields.optional("window", TEXT),
                    fields.optional("drive_id", DRIVE_ID),
                    fields.orElse("dry_run", Wire::flag, false));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("run_id", runId);
            wire.put("recovery", recovery);
            if (window != null) wire.put("window", window);
            if (driveId != null) wire.put("drive_id", driveId);
            wire.put("dry_run", dryRun);
            return wire;
        }
    }

    /**
     * A check of the doctor that had called for the recovery, after it.
     */
    public record CheckedAgain(String id, ExaminedState state, List<String> problems) implements Message {
        public static CheckedAgain decode(Object wire) {
            return read(wire, "");
        }

        private static CheckedAgain read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new CheckedAgain(
                    fields.required("id", IDENTIFIER),
                    fields.required("state", EXAMINED_STATE),
                    fields.required("problems", Wire.list(TEXT)));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("id", id);
            wire.put("state", Wire.word(state));
            wire.put("problems", problems);
            return wire;
        }
    }

    /**
     * `waiting`: ask again under the same id once `approval` was decided. `unproven`: it was done, and nothing shows
     * that it helped. `by_hand`: `said` is for the operator to do.
     */
    public record RecoveryRunResult(String runId, String recovery, RecoveryState state, List<String> said, List<CheckedAgain> checks, ApprovalView approval) implements Message {
        public static RecoveryRunResult decode(Object wire) {
            return read(wire, "");
        }

        private static RecoveryRunResult read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new RecoveryRunResult(
                    fields.required("run_id", IDENTIFIER),
                    fields.required("recovery", IDENTIFIER),
                    fields.required("state", RECOVERY_STATE),
                    fields.required("said", Wire.list(TEXT)),
                    fields.required("checks", Wire.list(CheckedAgain::read)),
                    fields.optional("approval", ApprovalView::read));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("run_id", runId);
            wire.put("recovery", recovery);
            wire.put("state", Wire.word(state));
            wire.put("said", said);
            wire.put("checks", checks.stream().map(CheckedAgain::encode).toList());
            if (approval != null) wire.put("approval", approval.encode());
            return wire;
        }
    }

    /**
     * What the command line does by itself, told before and after: an operator's word, recorded as that.
     */
    public record RecoveryRecordParams(String runId, String recovery, String phase, List<String> said, RecoveryState state) implements Message {
        public static RecoveryRecordParams decode(Object wire) {
            return read(wire, "");
        }

        private static RecoveryRecordParams read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new RecoveryRecordParams(
                    fields.required("run_id", IDENTIFIER),
                    fields.required("recovery", IDENTIFIER),
                    fields.required("phase", Wire.choice("begun", "ended")),
                    fields.required("said", Wire.list(TEXT)),
                    fields.optional("state", RECOVERY_STATE));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("run_id", runId);
            wire.put("recovery", recovery);
            wire.put("phase", phase);
            wire.put("said", said);
            if (state != null) wire.put("state", Wire.word(state));
            return wire;
        }
    }

    /**
     * The plugins connected now.
     */
    public record SessionsListResult(List<SessionView> sessions) implements Message {
        public static SessionsListResult decode(Object wire) {
            return read(wire, "");
        }

        private static SessionsListResult read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new SessionsListResult(
                    fields.required("sessions", Wire.list(SessionView::read)));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("sessions", sessions.stream().map(SessionView::encode).toList());
            return wire;
        }
    }

    /**
     * Which session's plugin is to test itself.
     */
    public record SelfTestParams(String sessionId) implements Message {
        public static SelfTestParams decode(Object wire) {
            return read(wire, "");
        }

        private static SelfTestParams read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new SelfTestParams(
                    fields.required("session_id", IDENTIFIER));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("session_id", sessionId);
            return wire;
        }
    }

    /**
     * The whole new list of a plugin's surfaces, after a folder or an agent came or went.
     */
    public record SurfacesChanged(List<SurfaceInfo> surfaces) implements Message {
        public static SurfacesChanged decode(Object wire) {
            return read(wire, "");
        }

        private static SurfacesChanged read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new SurfacesChanged(
                    fields.required("surfaces", Wire.list(SurfaceInfo::read)));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("surfaces", surfaces.stream().map(SurfaceInfo::encode).toList());
            return wire;
        }
    }

    /**
     * How far an interface is trusted in a folder and all below it; `*` is everywhere.
     */
    public record GrantView(String workspace, String interface_, TrustLevel level) implements Message {
        public static GrantView decode(Object wire) {
            return read(wire, "");
        }

        private static GrantView read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new GrantView(
                    fields.required("workspace", WORKSPACE),
                    fields.required("interface", IDENTIFIER),
                    fields.required("level", TRUST_LEVEL));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("workspace", workspace);
            wire.put("interface", interface_);
            wire.put("level", Wire.word(level));
            return wire;
        }
    }

    /**
     * How far an interface is trusted where nothing was granted.
     */
    public record DefaultTrust(String interface_, TrustLevel level) implements Message {
        public static DefaultTrust decode(Object wire) {
            return read(wire, "");
        }

        private static DefaultTrust read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new DefaultTrust(
                    fields.required("interface", IDENTIFIER),
                    fields.required("level", TRUST_LEVEL));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("interface", interface_);
            wire.put("level", Wire.word(level));
            return wire;
        }
    }

    /**
     * The policy as it is in force. `default` is what holds where no rule fits. With a `problem` nothing may act.
     */
    public record TrustListResult(List<GrantView> grants, List<DefaultTrust> defaults, long rules, PolicyDecision default_, SecretsInPrompts secretsInPrompts, String directory, String problem) implements Message {
        public static TrustListResult decode(Object wire) {
            return read(wire, "");
        }

        private static TrustListResult read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new TrustListResult(
                    fields.required("grants", Wire.list(GrantView::read)),
                    fields.required("defaults", Wire.list(DefaultTrust::read)),
                    fields.required("rules", INTEGER),
                    fields.required("default", POLICY_DECISION),
                    fields.required("secrets_in_prompts", SECRETS_IN_PROMPTS),
                    fields.required("directory", TEXT),
                    fields.optional("problem", TEXT));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("grants", grants.stream().map(GrantView::encode).toList());
            wire.put("defaults", defaults.stream().map(DefaultTrust::encode).toList());
            wire.put("rules", rules);
            wire.put("default", Wire.word(default_));
            wire.put("secrets_in_prompts", Wire.word(secretsInPrompts));
            wire.put("directory", directory);
            if (problem != null) wire.put("problem", problem);
            return wire;
        }
    }

    /**
     * Grant a level, or without `level` take the grant away. An operator's word.
     */
    public record TrustSetParams(String workspace, String interface_, TrustLevel level) implements Message {
        public static TrustSetParams decode(Object wire) {
            return read(wire, "");
        }

        private static TrustSetParams read(Object wire, String where) {
            var fields = Wire.Fields.of(wire, where);
            return new TrustSetParams(
                    fields.required("workspace", WORKSPACE),
                    fields.required("interface", IDENTIFIER),
                    fields.optional("level", TRUST_LEVEL));
        }

        @Override
        public Map<String, Object> encode() {
            var wire = new LinkedHashMap<String, Object>();
            wire.put("workspace", workspace);
            wire.put("interface", interface_);
            if (level != null) wire.put("level", Wire.word(level));
            return wire;
        }
    }

    /** The names of the wire. */
    public static final Map<String, Method> METHODS = Map.ofEntries(
            Map.entry("initialize", new Method("daemon", InitializeParams::decode, InitializeResult::decode)),
            Map.entry("ping", new Method("any", Empty::decode, Empty::decode)),
            Map.entry("chat/deliver", new Method("plugin", DeliverParams::decode, DeliverResult::decode)),
            Map.entry("chat/open", new Method("plugin", ChatOpenParams::decode, CommandResult::decode)),
            Map.entry("chat/cancel", new Method("plugin", ChatCancelParams::decode, CommandResult::decode)),
            Map.entry("drive/lookup", new Method("plugin", LookupParams::decode, LookupResult::decode)),
            Map.entry("commands/list", new Method("plugin", CommandsListParams::decode, CommandsListResult::decode)),
            Map.entry("window/reload", new Method("plugin", Empty::decode, CommandResult::decode)),
            Map.entry("plugin/selftest", new Method("plugin", Empty::decode, SelfTestResult::decode)),
            Map.entry("chat/event", new Method("daemon", ChatEvent::decode, null)),
            Map.entry("surfaces/changed", new Method("daemon", SurfacesChanged::decode, null)),
            Map.entry("log/message", new Method("daemon", LogMessage::decode, null)),
            Map.entry("drive/start", new Method("daemon", DriveStartParams::decode, DriveView::decode)),
            Map.entry("drive/get", new Method("daemon", DriveGetParams::decode, DriveView::decode)),
            Map.entry("drive/list", new Method("daemon", DriveListParams::decode, DriveListResult::decode)),
            Map.entry("drive/wait", new Method("daemon", DriveWaitParams::decode, DriveView::decode)),
            Map.entry("drive/cancel", new Method("daemon", DriveGetParams::decode, DriveView::decode)),
            Map.entry("events/subscribe", new Method("daemon", SubscribeParams::decode, SubscribeResult::decode)),
            Map.entry("sessions/list", new Method("daemon", Empty::decode, SessionsListResult::decode)),
            Map.entry("sessions/selftest", new Method("daemon", SelfTestParams::decode, SelfTestResult::decode)),
            Map.entry("interfaces/explain", new Method("daemon", ExplainParams::decode, ExplainResult::decode)),
            Map.entry("interfaces/list", new Method("daemon", Empty::decode, InterfacesListResult::decode)),
            Map.entry("trust/list", new Method("daemon", Empty::decode, TrustListResult::decode)),
            Map.entry("trust/set", new Method("daemon", TrustSetParams::decode, TrustListResult::decode)),
            Map.entry("approvals/list", new Method("daemon", ApprovalsListParams::decode, ApprovalsListResult::decode)),
            Map.entry("approvals/decide", new Method("daemon", ApprovalDecideParams::decode, ApprovalView::decode)),
            Map.entry("goals/start", new Method("daemon", GoalStartParams::decode, GoalView::decode)),
            Map.entry("goals/get", new Method("daemon", GoalGetParams::decode, GoalView::decode)),
            Map.entry("goals/list", new Method("daemon", GoalListParams::decode, GoalListResult::decode)),
            Map.entry("goals/pause", new Method("daemon", GoalGetParams::decode, GoalView::decode)),
            Map.entry("goals/resume", new Method("daemon", GoalGetParams::decode, GoalView::decode)),
            Map.entry("goals/stop", new Method("daemon", GoalGetParams::decode, GoalView::decode)),
            Map.entry("goals/answer", new Method("daemon", GoalAnswerParams::decode, GoalView::decode)),
            Map.entry("ledger/tail", new Method("daemon", LedgerTailParams::decode, LedgerTailResult::decode)),
            Map.entry("ledger/verify", new Method("daemon", Empty::decode, LedgerVerifyResult::decode)),
            Map.entry("doctor/run", new Method("daemon", DoctorRunParams::decode, DoctorRunResult::decode)),
            Map.entry("recovery/list", new Method("daemon", Empty::decode, RecoveriesListResult::decode)),
            Map.entry("recovery/run", new Method("daemon", RecoveryRunParams::decode, RecoveryRunResult::decode)),
            Map.entry("recovery/record", new Method("daemon", RecoveryRecordParams::decode, Empty::decode)),
            Map.entry("desk/inject", new Method("daemon", DeskInjectParams::decode, DeskInjectResult::decode)),
            Map.entry("desk/calibrate", new Method("daemon", DeskCalibrateParams::decode, DeskCalibrateResult::decode)),
            Map.entry("desk/stop", new Method("daemon", Empty::decode, DeskStopResult::decode)),
            Map.entry("daemon/status", new Method("daemon", Empty::decode, StatusResult::decode)),
            Map.entry("daemon/stop", new Method("daemon", Empty::decode, Empty::decode)),
            Map.entry("chats/list", new Method("daemon", ChatsListParams::decode, ChatsListResult::decode)),
            Map.entry("events/event", new Method("client", Event::decode, null)),
            Map.entry("events/chat", new Method("client", ChatView::decode, null)),
            Map.entry("events/store", new Method("client", StoreFault::decode, null)));
}
