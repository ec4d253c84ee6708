// Generated from bridge/protocol/messages by `python -m bridge.protocol.codegen.generate`. Do not edit.

/** What a value may be, as `validate.ts` reads it. Lengths count code points; a pattern must match the whole. */
export type Kind =
  | { readonly is: "string"; readonly least?: number; readonly most?: number; readonly pattern?: string }
  | { readonly is: "integer"; readonly least: number; readonly most: number }
  | { readonly is: "boolean" }
  | { readonly is: "choice"; readonly values: readonly string[] }
  | { readonly is: "list"; readonly of: Kind }
  | { readonly is: "message"; readonly name: MessageName };

/** `need`: "required"; "optional" (absent and null are the same); or a default (absent takes it, null is refused). */
export interface Field {
  readonly name: string;
  readonly kind: Kind;
  readonly need: "required" | "optional" | { readonly default: string | number | boolean };
}

export const LINE_MAX_BYTES = 1048576;
export const PROMPT_MAX_BYTES = 262144;
export const PROTOCOL_MAX = 1;
export const PROTOCOL_MIN = 1;
export const SAFE_INTEGER = 9007199254740991;

export type Role = "plugin" | "client" | "operator";
export type FactKind =
  | "inserted"
  | "submitted"
  | "queued"
  | "withdrawn"
  | "turn_started"
  | "turn_ended"
  | "needs_input"
  | "turn_failed";
export type ChannelGrade = "claim" | "readback" | "host";
export type Grade = "claim" | "readback" | "host" | "witness";
export type Disposition = "done" | "pending" | "declined" | "lost";
export type JournalState = "absent" | "begun" | "touched" | "submitted" | "withdrawn" | "declined";
export type DriveState = "accepted" | "acting" | "settled";
export type Outcome = "confirmed" | "refused" | "likely" | "unknown" | "failed";
export type TurnState = "waiting" | "completed" | "needs_input" | "turn_failed" | "wait_timeout";
export type LogLevel = "debug" | "info" | "warning" | "error";
export type DriveAction = "send" | "draft" | "recover";
export type ApprovalState = "pending" | "approved" | "denied" | "used" | "void";
export type ChatState =
  | "queued"
  | "working"
  | "needs_input"
  | "done"
  | "error"
  | "rate_limited"
  | "interrupted"
  | "unknown";
export type InjectionLevel = "sent" | "delivered" | "verified";
export type Severity = "error" | "warning" | "note";
export type ExaminedState = "ok" | "found" | "crashed" | "hung";
export type TrustLevel = "observe" | "draft" | "send" | "autonomous";
export type GoalState = "queued" | "running" | "asking" | "waiting" | "paused" | "accepted" | "stopped";
export type GoalDecision = "continue" | "accept" | "ask" | "stop";
export type StopCause = "budget" | "repeat" | "regression" | "blocked" | "failed" | "operator";
export type CheckState = "pass" | "fail" | "unknown";
export type OnQuestion = "ask" | "notes" | "reviewer";
export type ReviewerApi = "openai" | "anthropic";
export type QuestionKind = "reply" | "pending" | "doubt" | "cancelled";
export type AnsweredBy = "operator" | "notes" | "reviewer" | "ide";
export type ChatChoice = "current" | "new";
export type RecoveryState =
  | "planned"
  | "waiting"
  | "denied"
  | "not_needed"
  | "done"
  | "unproven"
  | "failed"
  | "by_hand";
export type RecoveryPlace = "daemon" | "command" | "operator";
export type PolicyDecision = "allow" | "ask" | "deny";
export type SecretsInPrompts = "allow" | "warn" | "ask" | "deny";

/** The stable words of errors; a newer peer may use others. */
export type Reason =
  | "parse_error"
  | "invalid_request"
  | "unknown_method"
  | "invalid_params"
  | "invalid_result"
  | "line_too_long"
  | "not_initialized"
  | "protocol_mismatch"
  | "not_permitted"
  | "peer_gone"
  | "overloaded"
  | "superseded"
  | "timeout"
  | "internal"
  | "usage"
  | "prompt_empty"
  | "prompt_too_large"
  | "prompt_control_character"
  | "id_conflict"
  | "unknown_drive"
  | "unknown_surface"
  | "ambiguous_surface"
  | "unknown_ide"
  | "unknown_store"
  | "unknown_interface"
  | "store_unreadable"
  | "unknown_approval"
  | "unknown_goal"
  | "question_gone"
  | "approval_void"
  | "policy_invalid"
  | "unknown_recovery"
  | "recovery_unfit"
  | "daemon_not_running"
  | "daemon_running"
  | "daemon_not_started"
  | "socket_unsafe"
  | "peer_refused"
  | "state_unwritable"
  | "ledger_unwritable"
  | "ledger_unreadable"
  | "ledger_tampered"
  | "tool_missing"
  | "tool_failed"
  | "registry_invalid";

/** A message without fields. */
export type Empty = Readonly<Record<string, never>>;

/**
 * Our part of a JSON-RPC error. `reason` is a stable word, `where` a field or file, `hint` the next step.
 *
 * `retry` says that the same request may succeed later without a change by the caller.
 */
export interface ErrorData {
  readonly reason: string;
  readonly retry: boolean;
  readonly where?: string | undefined;
  readonly hint?: string | undefined;
}

/** The `error` of a JSON-RPC answer. `message` is for people and never holds the text of a prompt. */
export interface ErrorObject {
  readonly code: number;
  readonly message: string;
  readonly data?: ErrorData | undefined;
}

/** What waits for a decision; with `everything` also what was decided; with an id that one, with its text. */
export interface ApprovalsListParams {
  readonly everything: boolean;
  readonly approval_id?: string | undefined;
}

/**
 * One exact action that needs a person. `action_sha` is over all of it, the text included. `void`: its time passed,
 * or the action changed or ended otherwise. `text` is the prompt with its secrets redacted. A recovery is of no
 * drive and goes through no interface.
 */
export interface ApprovalView {
  readonly approval_id: string;
  readonly action_sha: string;
  readonly action: DriveAction;
  readonly surface: string;
  readonly ide: string;
  readonly workspace_folders: readonly string[];
  readonly text_chars: number;
  readonly reason: string;
  readonly asked_at_ms: number;
  readonly expires_at_ms: number;
  readonly state: ApprovalState;
  readonly decided_at_ms?: number | undefined;
  readonly text?: string | undefined;
  readonly drive_id?: string | undefined;
  readonly interface?: string | undefined;
  readonly recovery?: string | undefined;
}

/** Oldest first. */
export interface ApprovalsListResult {
  readonly approvals: readonly ApprovalView[];
}

/** An operator's decision on the action that was looked at; refused when it is another by now, or was decided. */
export interface ApprovalDecideParams {
  readonly approval_id: string;
  readonly action_sha: string;
  readonly approve: boolean;
}

/**
 * One thing a plugin learned about a drive, at the grade it can honestly give; never `witness`.
 *
 * `text_sha` is the hash of the normalised text the fact is about (`bridge.drive.match`), where the plugin knows it.
 */
export interface FactReport {
  readonly kind: FactKind;
  readonly grade: ChannelGrade;
  readonly at_ms: number;
  readonly text_sha?: string | undefined;
  readonly chat_id?: string | undefined;
  readonly detail?: string | undefined;
}

/** One command the plugin ran on the way, for people who look for a fault. */
export interface TraceStep {
  readonly op: string;
  readonly ok: boolean;
  readonly ms: number;
  readonly command?: string | undefined;
  readonly detail?: string | undefined;
}

/** Which chat of a surface: a given one, a new one, or (both unset) the one in use. */
export interface ChatTarget {
  readonly chat_id?: string | undefined;
  readonly new_chat: boolean;
  readonly mode?: string | undefined;
}

/**
 * Put the text into the chat, and with `submit` send it, by the named interface and no other.
 *
 * The plugin answers within `answer_within_ms`; what it learns later it tells by `chat/event`.
 */
export interface DeliverParams {
  readonly drive_id: string;
  readonly epoch: number;
  readonly surface_id: string;
  readonly interface: string;
  readonly text: string;
  readonly text_sha: string;
  readonly submit: boolean;
  readonly target: ChatTarget;
  readonly answer_within_ms: number;
}

/**
 * `declined`: nothing was touched and `blocker` says why. `pending`: acting, more facts follow by `chat/event`.
 * `done`: all that will be learned is in `facts`. `lost`: something was touched and the plugin cannot say what became
 * of it.
 */
export interface DeliverResult {
  readonly drive_id: string;
  readonly epoch: number;
  readonly disposition: Disposition;
  readonly facts: readonly FactReport[];
  readonly trace: readonly TraceStep[];
  readonly blocker?: string | undefined;
  readonly message?: string | undefined;
}

/** Something happened in a chat. `drive_id` only where the plugin knows that it belongs to that drive. */
export interface ChatEvent {
  readonly surface_id: string;
  readonly epoch: number;
  readonly fact: FactReport;
  readonly drive_id?: string | undefined;
}

/** Show the chat of a surface. */
export interface ChatOpenParams {
  readonly surface_id: string;
  readonly chat_id?: string | undefined;
}

/** Ask the host to stop the running turn of a surface. */
export interface ChatCancelParams {
  readonly surface_id: string;
  readonly drive_id?: string | undefined;
}

/** `issued`: the host's command returned; nothing is proven by it. Otherwise `blocker` says why not. */
export interface CommandResult {
  readonly issued: boolean;
  readonly blocker?: string | undefined;
  readonly message?: string | undefined;
}

/**
 * One chat of this machine, by its own store. `reason` explains the state, its secrets redacted; `problem` is the
 * stable word for why it cannot be read, such as `encrypted`. `horizon_ms`: what the product may hold back that long.
 * `evidence`: where the state was seen. `drive_id`: the newest drive of ours in it. Never the text of a prompt.
 */
export interface ChatView {
  readonly store: string;
  readonly path: string;
  readonly session: string;
  readonly state: ChatState;
  readonly modified_at_ms: number;
  readonly observed_at_ms: number;
  readonly product?: string | undefined;
  readonly workspace?: string | undefined;
  readonly reason?: string | undefined;
  readonly problem?: string | undefined;
  readonly evidence?: string | undefined;
  readonly horizon_ms?: number | undefined;
  readonly resets_at_ms?: number | undefined;
  readonly drive_id?: string | undefined;
}

/** What is wrong with a store. `reason` is a stable word such as `schema_changed`. `over`: it can be read again. */
export interface StoreFault {
  readonly store: string;
  readonly where: string;
  readonly reason: string;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly over: boolean;
}

/** How the chats are watched. `polled`: directories the platform does not tell of, each with the reason. */
export interface WatchView {
  readonly stores: number;
  readonly chats: number;
  readonly polled: readonly string[];
  readonly faults: readonly StoreFault[];
}

/** The chats written to in the last 24 hours or since, newest write first. The first call begins to watch. */
export interface ChatsListParams {
  readonly state?: ChatState | undefined;
  readonly limit: number;
}

/** `complete` is false while stores are still read for the first time. */
export interface ChatsListResult {
  readonly chats: readonly ChatView[];
  readonly watch: WatchView;
  readonly complete: boolean;
}

/** `contains` filters the commands of the host by part of their name, without case. */
export interface CommandsListParams {
  readonly contains?: string | undefined;
}

/** The commands the host really has. */
export interface CommandsListResult {
  readonly commands: readonly string[];
}

/** The protocol versions a peer can speak, both ends included. */
export interface ProtocolRange {
  readonly min: number;
  readonly max: number;
}

/** A plugin that speaks no protocol of the daemon, only those from `protocol_min` to `protocol_max`. */
export interface RefusedPlugin {
  readonly ide: string;
  readonly window_id: string;
  readonly plugin_name: string;
  readonly plugin_version: string;
  readonly protocol_min: number;
  readonly protocol_max: number;
  readonly at_ms: number;
}

/** One connected plugin. */
export interface SessionView {
  readonly session_id: string;
  readonly epoch: number;
  readonly ide: IdeInfo;
  readonly window_id: string;
  readonly pid: number;
  readonly plugin_name: string;
  readonly plugin_version: string;
  readonly protocol: number;
  readonly connected_at_ms: number;
  readonly last_seen_at_ms: number;
  readonly capabilities: readonly string[];
  readonly surfaces: readonly SurfaceInfo[];
}

/**
 * Work of the daemon that failed and took nothing else with it: how often since its start, and how the last time.
 *
 * `what`: the work, in words that stay the same. `error`: the class of what was raised, for the log has the rest.
 */
export interface ContainedView {
  readonly what: string;
  readonly count: number;
  readonly error: string;
  readonly at_ms: number;
}

/**
 * The daemon in one page. `refused`: plugins that were turned away and did not come back otherwise since.
 *
 * `contained`: faults of the daemon's own, the last one at the end, one for each work that can fail.
 */
export interface StatusResult {
  readonly version: string;
  readonly instance_id: string;
  readonly pid: number;
  readonly started_at_ms: number;
  readonly socket: string;
  readonly state_directory: string;
  readonly protocol: ProtocolRange;
  readonly sessions: readonly SessionView[];
  readonly drives_open: number;
  readonly drives_settled: number;
  readonly ledger_rows: number;
  readonly clients: number;
  readonly watching?: WatchView | undefined;
  readonly refused?: readonly RefusedPlugin[] | undefined;
  readonly contained?: readonly ContainedView[] | undefined;
}

/**
 * Which window. `surface`: a surface's key, a window's id, an IDE's id, or a name of `desk.yaml`; else what the
 * desktop knows of it: `app` (X11 class or Wayland app id), a part of the `title`, a process, the display's own id.
 */
export interface DeskTarget {
  readonly surface?: string | undefined;
  readonly app?: string | undefined;
  readonly title?: string | undefined;
  readonly pid?: number | undefined;
  readonly window?: number | undefined;
}

/**
 * Put a text into a window by hand. A surface's calibrated input is used; of another window, the focused field.
 * With `dry_run` each step is told and none is done. An operator's word.
 */
export interface DeskInjectParams {
  readonly target: DeskTarget;
  readonly text: string;
  readonly submit: boolean;
  readonly dry_run: boolean;
  readonly via?: string | undefined;
  readonly method: "paste" | "type";
  readonly deadline_ms: number;
}

/** One step: it was done, it would be, or it was refused. */
export interface DeskStep {
  readonly step: string;
  readonly state: "done" | "would" | "refused";
  readonly detail: string;
}

/** `withheld`: the text went in, and Enter was not pressed. `lost`: what is in the field is not known. */
export interface DeskInjectResult {
  readonly outcome: "rehearsed" | "inserted" | "submitted" | "withheld" | "declined" | "lost";
  readonly steps: readonly DeskStep[];
  readonly interface?: string | undefined;
  readonly level?: InjectionLevel | undefined;
  readonly blocker?: string | undefined;
  readonly message?: string | undefined;
  readonly hint?: string | undefined;
}

/** Ids of the drives and injections that were ended, and of those not over yet when this was answered. */
export interface DeskStopResult {
  readonly stopped: readonly string[];
  readonly running: readonly string[];
}

/**
 * Find a chat's input in a window and remember it for that product and version. `left` and `from_bottom` say where
 * to click; `pointer_after_ms`: where the pointer is then. `copyable`: select-all and copy is harmless there.
 */
export interface DeskCalibrateParams {
  readonly target: DeskTarget;
  readonly product?: string | undefined;
  readonly version?: string | undefined;
  readonly left?: number | undefined;
  readonly from_bottom?: number | undefined;
  readonly pointer_after_ms?: number | undefined;
  readonly copyable: boolean;
}

/** What was remembered, in which file, and with which picture of the window for a person to look at. */
export interface DeskCalibrateResult {
  readonly product: string;
  readonly version: string;
  readonly file: string;
  readonly width: number;
  readonly height: number;
  readonly picture?: string | undefined;
  readonly role?: string | undefined;
  readonly name?: string | undefined;
  readonly left?: number | undefined;
  readonly from_bottom?: number | undefined;
  readonly copyable: boolean;
}

/** Run all checks, or the one of that id; tell all, or what is about that interface. A check may take so long. */
export interface DoctorRunParams {
  readonly check?: string | undefined;
  readonly interface?: string | undefined;
  readonly timeout_ms: number;
}

/** What to do against a finding, and the commands that do it. The doctor runs none of them. */
export interface RemedyView {
  readonly text: string;
  readonly commands: readonly string[];
}

/** What a check found. `about` tells several of one id apart; `blocker` is why the interfaces cannot act. */
export interface FindingView {
  readonly id: string;
  readonly severity: Severity;
  readonly problem: string;
  readonly remedy: RemedyView;
  readonly interfaces: readonly string[];
  readonly depends_on: readonly string[];
  readonly about?: string | undefined;
  readonly blocker?: string | undefined;
}

/** An interface now: usable where the daemon runs, or not, why not, and the command against it. */
export interface StandingView {
  readonly id: string;
  readonly title: string;
  readonly status: "built" | "planned" | "ruled_out";
  readonly usable: boolean;
  readonly best_grade: Grade;
  readonly blockers: readonly string[];
  readonly why?: string | undefined;
  readonly command?: string | undefined;
}

/** What a check merely saw. */
export interface SeenView {
  readonly name: string;
  readonly value: string;
}

/** How a check went. `ms` is absent for one that was not over in time. */
export interface ExaminedView {
  readonly id: string;
  readonly state: ExaminedState;
  readonly seen: readonly SeenView[];
  readonly ms?: number | undefined;
}

/**
 * `healthy`: notes at most. `hidden`: findings that only follow from one of their `depends_on`. What depends on the
 * environment, such as the desktop, is that of the daemon.
 */
export interface DoctorRunResult {
  readonly healthy: boolean;
  readonly interfaces: readonly StandingView[];
  readonly findings: readonly FindingView[];
  readonly hidden: readonly FindingView[];
  readonly checks: readonly ExaminedView[];
}

/** Which surface is meant. All fields given must hold; the rest must leave exactly one surface. */
export interface SurfaceSelector {
  readonly ide?: string | undefined;
  readonly workspace?: string | undefined;
  readonly agent?: string | undefined;
  readonly window?: string | undefined;
  readonly via?: string | undefined;
}

/** What does the plugin's own journal know of this drive? */
export interface LookupParams {
  readonly drive_id: string;
}

/**
 * The last journaled state of a drive and the facts recorded with it. `absent`: it was never begun here, and from
 * now on never will be. `in_flight`: the delivery still runs, more facts follow by `chat/event`.
 */
export interface LookupResult {
  readonly drive_id: string;
  readonly state: JournalState;
  readonly facts: readonly FactReport[];
  readonly in_flight: boolean;
  readonly text_sha?: string | undefined;
}

/**
 * One prompt for one surface, under an id the caller made. The same id and body give the same answer again.
 *
 * `deadline_ms` bounds the proof of the submit, `wait_ms` how long the turn after it is followed. `require` is the
 * grade that is good enough to settle as confirmed before the deadline. The body is the text, selector, target and
 * draft; the rest may differ when the same drive is asked for again.
 */
export interface DriveStartParams {
  readonly drive_id: string;
  readonly text: string;
  readonly selector: SurfaceSelector;
  readonly target: ChatTarget;
  readonly draft: boolean;
  readonly deadline_ms: number;
  readonly wait_ms: number;
  readonly require: "host" | "witness";
}

/**
 * A fact of a drive as recorded. `source` names the plugin session or the observer it came from. Not `counted`: it
 * came too late, or was about another text or chat.
 */
export interface FactView {
  readonly kind: FactKind;
  readonly grade: Grade;
  readonly source: string;
  readonly at_ms: number;
  readonly chat_id?: string | undefined;
  readonly evidence?: string | undefined;
  readonly detail?: string | undefined;
  readonly counted: boolean;
}

/** One interface that was considered, and why it was not chosen or did not act. */
export interface CandidateView {
  readonly interface: string;
  readonly surface: string;
  readonly chosen: boolean;
  readonly best_grade: Grade;
  readonly reason?: string | undefined;
}

/** What became of the turn after the submit. `reply` comes from the chat's own store, where that can be read. */
export interface TurnView {
  readonly state: TurnState;
  readonly reply?: string | undefined;
  readonly reason?: string | undefined;
}

/**
 * All there is to say of one drive. `outcome` is null until `state` is `settled`. `doubt`: what speaks against an
 * outcome that rests on the host's word alone. `approval`: the approval it waits for. `warning`: what is to be known
 * of its prompt. `marked`: what the operator says of an unknown outcome; it proves nothing, and the outcome stays.
 * `resent_as`: the drive that an operator's recovery made of an unknown one.
 */
export interface DriveView {
  readonly drive_id: string;
  readonly state: DriveState;
  readonly text_sha: string;
  readonly text_chars: number;
  readonly accepted_at_ms: number;
  readonly facts: readonly FactView[];
  readonly candidates: readonly CandidateView[];
  readonly draft: boolean;
  readonly settled_at_ms?: number | undefined;
  readonly outcome?: Outcome | undefined;
  readonly blocker?: string | undefined;
  readonly reason?: string | undefined;
  readonly surface?: string | undefined;
  readonly interface?: string | undefined;
  readonly chat_id?: string | undefined;
  readonly queued_behind?: number | undefined;
  readonly turn?: TurnView | undefined;
  readonly replayed: boolean;
  readonly doubt?: string | undefined;
  readonly approval?: string | undefined;
  readonly warning?: string | undefined;
  readonly marked?: "submitted" | "not_submitted" | undefined;
  readonly resent_as?: string | undefined;
}

/** A drive by its id. */
export interface DriveGetParams {
  readonly drive_id: string;
}

/** The newest drives first. */
export interface DriveListParams {
  readonly limit: number;
  readonly state?: DriveState | undefined;
}

/** Drives, newest first. */
export interface DriveListResult {
  readonly drives: readonly DriveView[];
}

/** Answers when the drive has an outcome (or, with `turn`, when its turn is over too), or after `timeout_ms`. */
export interface DriveWaitParams {
  readonly drive_id: string;
  readonly until: "outcome" | "turn";
  readonly timeout_ms: number;
}

/** The drives of a window: the one whose turn it is, since when it was accepted, and how many are behind it. */
export interface QueueView {
  readonly window_id: string;
  readonly drive_id: string;
  readonly state: DriveState;
  readonly accepted_at_ms: number;
  readonly overdue: boolean;
  readonly behind: number;
}

/**
 * All there is to say of one goal. `activity` is what is being done, for people. `cause` and `reason` say why it
 * was stopped, `decision` what was decided last.
 */
export interface GoalView {
  readonly goal_id: string;
  readonly state: GoalState;
  readonly text: string;
  readonly created_at_ms: number;
  readonly turn: number;
  readonly budget: BudgetTerms;
  readonly spent: SpentView;
  readonly checks: readonly CheckView[];
  readonly terms_sha: string;
  readonly activity: string;
  readonly pausing: boolean;
  readonly surface?: string | undefined;
  readonly workspace?: string | undefined;
  readonly interface?: string | undefined;
  readonly drive_id?: string | undefined;
  readonly approval?: string | undefined;
  readonly decision?: GoalDecision | undefined;
  readonly cause?: StopCause | undefined;
  readonly reason?: string | undefined;
  readonly summary?: string | undefined;
  readonly question?: QuestionView | undefined;
  readonly wakes_at_ms?: number | undefined;
  readonly ended_at_ms?: number | undefined;
  readonly queued_behind?: number | undefined;
}

/** Events of one drive, of one goal, or of everything. With `chats` also what the chats' stores show. */
export interface SubscribeParams {
  readonly drive_id?: string | undefined;
  readonly goal_id?: string | undefined;
  readonly chats: boolean;
}

/** `seq` of the last ledger row before the first event that will be sent. */
export interface SubscribeResult {
  readonly seq: number;
}

/**
 * One new ledger row, as told to subscribers. `drive` is the drive after that row, where the row is of one; so is
 * `goal`, also with a `seq` of 0 and the kind `goal` for a change that is no row.
 */
export interface Event {
  readonly seq: number;
  readonly kind: string;
  readonly at_ms: number;
  readonly drive?: DriveView | undefined;
  readonly goal?: GoalView | undefined;
}

/**
 * A command that says whether the goal is reached: its `exit` is expected. `cwd` is below the workspace.
 *
 * `protect`: globs below the workspace; to change such a file is to change the check itself.
 */
export interface CheckTerms {
  readonly name: string;
  readonly command: readonly string[];
  readonly exit: number;
  readonly cwd: string;
  readonly timeout_ms: number;
  readonly protect: readonly string[];
}

/**
 * What a goal may take. `ms` counts while it works, not while a person is asked. Tokens and money are the
 * reviewer's; what the IDE's agent costs is not known here.
 */
export interface BudgetTerms {
  readonly turns: number;
  readonly ms: number;
  readonly tokens?: number | undefined;
  readonly microdollars?: number | undefined;
}

/** How often in a row before it stops: the same failure, the same blocker, more failing than the turn before. */
export interface StopTerms {
  readonly same_failure: number;
  readonly same_blocker: number;
  readonly growing: number;
}

/**
 * Who reads the replies. The key is in the file `key_file`, else in the daemon's environment under `key_env`.
 *
 * Prices are microdollars for a million tokens; without them money is not counted.
 */
export interface ReviewerTerms {
  readonly api: ReviewerApi;
  readonly model: string;
  readonly url?: string | undefined;
  readonly key_env?: string | undefined;
  readonly key_file?: string | undefined;
  readonly price_in?: number | undefined;
  readonly price_out?: number | undefined;
}

/**
 * All that a goal is. `approve`: interfaces whose approvals are given without a person. `prompts`: a folder whose
 * templates take the place of ours. `trust`: the level that the interface must have for this.
 */
export interface GoalTerms {
  readonly text: string;
  readonly selector: SurfaceSelector;
  readonly checks: readonly CheckTerms[];
  readonly notes: readonly string[];
  readonly budget: BudgetTerms;
  readonly stop: StopTerms;
  readonly approve: readonly string[];
  readonly turn_ms: number;
  readonly quiet_ms: number;
  readonly answer_ms: number;
  readonly on_question: OnQuestion;
  readonly trust: TrustLevel;
  readonly chat: ChatChoice;
  readonly workspace?: string | undefined;
  readonly reviewer?: ReviewerTerms | undefined;
  readonly prompts?: string | undefined;
}

/**
 * Begin a goal, under an id the caller made. The same id and terms are the same goal. An operator's word: checks
 * are commands.
 */
export interface GoalStartParams {
  readonly goal_id: string;
  readonly terms: GoalTerms;
}

/** A goal by its id. */
export interface GoalGetParams {
  readonly goal_id: string;
}

/** The newest goals first. */
export interface GoalListParams {
  readonly limit: number;
  readonly state?: GoalState | undefined;
}

/** An operator's answer to the question that was read; refused when it is another by now. */
export interface GoalAnswerParams {
  readonly goal_id: string;
  readonly question_id: string;
  readonly text: string;
}

/**
 * One check as it ended last. `failing`: how many failures its output counts. `why`: what kept it from an answer.
 * `stable` is false when the workspace changed while it ran.
 */
export interface CheckView {
  readonly name: string;
  readonly state: CheckState;
  readonly ms: number;
  readonly exit?: number | undefined;
  readonly failing?: number | undefined;
  readonly why?: string | undefined;
  readonly stable: boolean;
}

/**
 * What a person is asked. `reply`: the agent's reply ends with it. `pending`: the chat itself waits, and can be
 * answered there. `doubt`: whether a prompt was sent is not known. `cancelled`: the turn was stopped in the IDE.
 */
export interface QuestionView {
  readonly question_id: string;
  readonly kind: QuestionKind;
  readonly text: string;
  readonly asked_at_ms: number;
  readonly expires_at_ms: number;
}

/** What a goal took so far, in the units of its budget. */
export interface SpentView {
  readonly turns: number;
  readonly ms: number;
  readonly tokens: number;
  readonly microdollars: number;
}

/** Newest first. */
export interface GoalListResult {
  readonly goals: readonly GoalView[];
}

/** Which IDE the plugin runs in. `product` is a lower-case id such as `code`, `cursor`, `codium`, `idea`. */
export interface IdeInfo {
  readonly product: string;
  readonly version: string;
  readonly app_name: string;
  readonly app_host: string;
}

/** Where the plugin believes the chats of a surface are stored. `store` is the id of an observer. */
export interface StoreHint {
  readonly store: string;
  readonly path: string;
}

/** One chat that can be addressed through a plugin. `interfaces` are registry ids the plugin can perform for it. */
export interface SurfaceInfo {
  readonly surface_id: string;
  readonly agent: string;
  readonly title: string;
  readonly workspace_folders: readonly string[];
  readonly interfaces: readonly string[];
  readonly store?: StoreHint | undefined;
}

/** What only plugins say of themselves. `window_id` stays the same over a reload; `host_started_at_ms` does not. */
export interface PluginInfo {
  readonly ide: IdeInfo;
  readonly pid: number;
  readonly host_started_at_ms: number;
  readonly window_id: string;
  readonly capabilities: readonly string[];
  readonly surfaces: readonly SurfaceInfo[];
}

/** The first request of every peer. `plugin` is required for the role plugin and absent for the others. */
export interface InitializeParams {
  readonly role: Role;
  readonly name: string;
  readonly version: string;
  readonly protocol: ProtocolRange;
  readonly plugin?: PluginInfo | undefined;
}

/** `epoch` grows with each connection of the same window; a plugin sends it back with everything it reports. */
export interface InitializeResult {
  readonly protocol: number;
  readonly daemon_version: string;
  readonly instance_id: string;
  readonly session_id: string;
  readonly epoch: number;
  readonly heartbeat_ms: number;
}

/** Which interface would a drive with this selector take, and why not another? */
export interface ExplainParams {
  readonly selector: SurfaceSelector;
  readonly draft: boolean;
}

/**
 * One interface for one surface. `chosen`: a drive would begin with it. `reason`: why it is refused, else null.
 * `asks`: why a person must approve it first. `surface` is null where no connected chat fits.
 */
export interface ExplainRow {
  readonly interface: string;
  readonly chosen: boolean;
  readonly best_grade: Grade;
  readonly authority: number;
  readonly cost: number;
  readonly surface?: string | undefined;
  readonly reason?: string | undefined;
  readonly asks?: string | undefined;
}

/**
 * Every interface that could drive, for each surface that fits, best first. `message` says why none would act.
 * `others`: the connected surfaces that do not fit.
 */
export interface ExplainResult {
  readonly rows: readonly ExplainRow[];
  readonly surfaces: readonly string[];
  readonly others: readonly string[];
  readonly message?: string | undefined;
}

/** One interface of the registry. Only one whose `status` is `built` is ever chosen. */
export interface InterfaceView {
  readonly id: string;
  readonly title: string;
  readonly family: string;
  readonly direction: string;
  readonly status: "built" | "planned" | "ruled_out";
  readonly best_grade: Grade;
  readonly can_confirm_submit: boolean;
  readonly trust: string;
  readonly products: readonly string[];
  readonly blocking_modes: readonly string[];
  readonly status_reason?: string | undefined;
}

/** The registry as the daemon read it when it started. `problems`: the files it could not take. */
export interface InterfacesListResult {
  readonly interfaces: readonly InterfaceView[];
  readonly problems: readonly string[];
}

/** Rows after `after_seq`, oldest first; without it the last `limit` rows. */
export interface LedgerTailParams {
  readonly after_seq?: number | undefined;
  readonly limit: number;
}

/** One row of the ledger. `body` is its JSON as stored; `hash` links it to the row before. */
export interface LedgerRow {
  readonly seq: number;
  readonly at_ms: number;
  readonly kind: string;
  readonly body: string;
  readonly hash: string;
  readonly drive_id?: string | undefined;
}

/** Rows, oldest first. */
export interface LedgerTailResult {
  readonly rows: readonly LedgerRow[];
}

/** `intact` with `torn_tail` means that the last write was cut off by a crash, not changed by a hand. */
export interface LedgerVerifyResult {
  readonly verdict: "intact" | "tampered" | "unreadable";
  readonly rows: number;
  readonly torn_tail: boolean;
  readonly keyed: boolean;
  readonly seq?: number | undefined;
  readonly message?: string | undefined;
}

/** A line for the daemon's log. Never holds the text of a prompt. */
export interface LogMessage {
  readonly level: LogLevel;
  readonly message: string;
}

/** One thing that was looked for in the host. `detail` says more than whether it is there. */
export interface Lookup {
  readonly kind: string;
  readonly name: string;
  readonly found: boolean;
  readonly detail?: string | undefined;
}

/**
 * What each look-up of a plugin gave in its host, touching nothing. Known kinds: chat, plugin, tool_window, action,
 * member, socket, journal, catalogue.
 */
export interface SelfTestResult {
  readonly lookups: readonly Lookup[];
}

/**
 * One recovery of the registry. `daemon`: `recovery/run` runs it; `command`: the command line does, for it must
 * work without a daemon; `operator`: a person does. One with a `risk` other than `none` needs an approval.
 */
export interface RecoveryView {
  readonly recovery: string;
  readonly title: string;
  readonly place: RecoveryPlace;
  readonly risk: string;
  readonly command?: string | undefined;
}

/**
 * What can be done, and what calls for it: drives whose outcome is unknown, about which no person has said anything
 * yet, oldest first; and the queues.
 */
export interface RecoveriesListResult {
  readonly recoveries: readonly RecoveryView[];
  readonly drives_unknown: readonly string[];
  readonly queues: readonly QueueView[];
}

/**
 * Run one under an id the caller made. The same id and body again: the same run, once. What is not given is found,
 * where there is only one. `dry_run` says what would be done, and does nothing.
 */
export interface RecoveryRunParams {
  readonly run_id: string;
  readonly recovery: string;
  readonly window?: string | undefined;
  readonly drive_id?: string | undefined;
  readonly dry_run: boolean;
}

/** A check of the doctor that had called for the recovery, after it. */
export interface CheckedAgain {
  readonly id: string;
  readonly state: ExaminedState;
  readonly problems: readonly string[];
}

/**
 * `waiting`: ask again under the same id once `approval` was decided. `unproven`: it was done, and nothing shows
 * that it helped. `by_hand`: `said` is for the operator to do.
 */
export interface RecoveryRunResult {
  readonly run_id: string;
  readonly recovery: string;
  readonly state: RecoveryState;
  readonly said: readonly string[];
  readonly checks: readonly CheckedAgain[];
  readonly approval?: ApprovalView | undefined;
}

/** What the command line does by itself, told before and after: an operator's word, recorded as that. */
export interface RecoveryRecordParams {
  readonly run_id: string;
  readonly recovery: string;
  readonly phase: "begun" | "ended";
  readonly said: readonly string[];
  readonly state?: RecoveryState | undefined;
}

/** The plugins connected now. */
export interface SessionsListResult {
  readonly sessions: readonly SessionView[];
}

/** Which session's plugin is to test itself. */
export interface SelfTestParams {
  readonly session_id: string;
}

/** The whole new list of a plugin's surfaces, after a folder or an agent came or went. */
export interface SurfacesChanged {
  readonly surfaces: readonly SurfaceInfo[];
}

/** How far an interface is trusted in a folder and all below it; `*` is everywhere. */
export interface GrantView {
  readonly workspace: string;
  readonly interface: string;
  readonly level: TrustLevel;
}

/** How far an interface is trusted where nothing was granted. */
export interface DefaultTrust {
  readonly interface: string;
  readonly level: TrustLevel;
}

/** The policy as it is in force. `default` is what holds where no rule fits. With a `problem` nothing may act. */
export interface TrustListResult {
  readonly grants: readonly GrantView[];
  readonly defaults: readonly DefaultTrust[];
  readonly rules: number;
  readonly default: PolicyDecision;
  readonly secrets_in_prompts: SecretsInPrompts;
  readonly directory: string;
  readonly problem?: string | undefined;
}

/** Grant a level, or without `level` take the grant away. An operator's word. */
export interface TrustSetParams {
  readonly workspace: string;
  readonly interface: string;
  readonly level?: TrustLevel | undefined;
}

export interface Messages {
  readonly Empty: Empty;
  readonly ErrorData: ErrorData;
  readonly ErrorObject: ErrorObject;
  readonly ApprovalsListParams: ApprovalsListParams;
  readonly ApprovalView: ApprovalView;
  readonly ApprovalsListResult: ApprovalsListResult;
  readonly ApprovalDecideParams: ApprovalDecideParams;
  readonly FactReport: FactReport;
  readonly TraceStep: TraceStep;
  readonly ChatTarget: ChatTarget;
  readonly DeliverParams: DeliverParams;
  readonly DeliverResult: DeliverResult;
  readonly ChatEvent: ChatEvent;
  readonly ChatOpenParams: ChatOpenParams;
  readonly ChatCancelParams: ChatCancelParams;
  readonly CommandResult: CommandResult;
  readonly ChatView: ChatView;
  readonly StoreFault: StoreFault;
  readonly WatchView: WatchView;
  readonly ChatsListParams: ChatsListParams;
  readonly ChatsListResult: ChatsListResult;
  readonly CommandsListParams: CommandsListParams;
  readonly CommandsListResult: CommandsListResult;
  readonly ProtocolRange: ProtocolRange;
  readonly RefusedPlugin: RefusedPlugin;
  readonly SessionView: SessionView;
  readonly ContainedView: ContainedView;
  readonly StatusResult: StatusResult;
  readonly DeskTarget: DeskTarget;
  readonly DeskInjectParams: DeskInjectParams;
  readonly DeskStep: DeskStep;
  readonly DeskInjectResult: DeskInjectResult;
  readonly DeskStopResult: DeskStopResult;
  readonly DeskCalibrateParams: DeskCalibrateParams;
  readonly DeskCalibrateResult: DeskCalibrateResult;
  readonly DoctorRunParams: DoctorRunParams;
  readonly RemedyView: RemedyView;
  readonly FindingView: FindingView;
  readonly StandingView: StandingView;
  readonly SeenView: SeenView;
  readonly ExaminedView: ExaminedView;
  readonly DoctorRunResult: DoctorRunResult;
  readonly SurfaceSelector: SurfaceSelector;
  readonly LookupParams: LookupParams;
  readonly LookupResult: LookupResult;
  readonly DriveStartParams: DriveStartParams;
  readonly FactView: FactView;
  readonly CandidateView: CandidateView;
  readonly TurnView: TurnView;
  readonly DriveView: DriveView;
  readonly DriveGetParams: DriveGetParams;
  readonly DriveListParams: DriveListParams;
  readonly DriveListResult: DriveListResult;
  readonly DriveWaitParams: DriveWaitParams;
  readonly QueueView: QueueView;
  readonly GoalView: GoalView;
  readonly SubscribeParams: SubscribeParams;
  readonly SubscribeResult: SubscribeResult;
  readonly Event: Event;
  readonly CheckTerms: CheckTerms;
  readonly BudgetTerms: BudgetTerms;
  readonly StopTerms: StopTerms;
  readonly ReviewerTerms: ReviewerTerms;
  readonly GoalTerms: GoalTerms;
  readonly GoalStartParams: GoalStartParams;
  readonly GoalGetParams: GoalGetParams;
  readonly GoalListParams: GoalListParams;
  readonly GoalAnswerParams: GoalAnswerParams;
  readonly CheckView: CheckView;
  readonly QuestionView: QuestionView;
  readonly SpentView: SpentView;
  readonly GoalListResult: GoalListResult;
  readonly IdeInfo: IdeInfo;
  readonly StoreHint: StoreHint;
  readonly SurfaceInfo: SurfaceInfo;
  readonly PluginInfo: PluginInfo;
  readonly InitializeParams: InitializeParams;
  readonly InitializeResult: InitializeResult;
  readonly ExplainParams: ExplainParams;
  readonly ExplainRow: ExplainRow;
  readonly ExplainResult: ExplainResult;
  readonly InterfaceView: InterfaceView;
  readonly InterfacesListResult: InterfacesListResult;
  readonly LedgerTailParams: LedgerTailParams;
  readonly LedgerRow: LedgerRow;
  readonly LedgerTailResult: LedgerTailResult;
  readonly LedgerVerifyResult: LedgerVerifyResult;
  readonly LogMessage: LogMessage;
  readonly Lookup: Lookup;
  readonly SelfTestResult: SelfTestResult;
  readonly RecoveryView: RecoveryView;
  readonly RecoveriesListResult: RecoveriesListResult;
  readonly RecoveryRunParams: RecoveryRunParams;
  readonly CheckedAgain: CheckedAgain;
  readonly RecoveryRunResult: RecoveryRunResult;
  readonly RecoveryRecordParams: RecoveryRecordParams;
  readonly SessionsListResult: SessionsListResult;
  readonly SelfTestParams: SelfTestParams;
  readonly SurfacesChanged: SurfacesChanged;
  readonly GrantView: GrantView;
  readonly DefaultTrust: DefaultTrust;
  readonly TrustListResult: TrustListResult;
  readonly TrustSetParams: TrustSetParams;
}

export type MessageName = keyof Messages;

export const SHAPES: Readonly<Record<MessageName, readonly Field[]>> = {
  Empty: [],
  ErrorData: [
    { name: "reason", kind: { is: "string", least: 1, most: 256 }, need: "required" },
    { name: "retry", kind: { is: "boolean" }, need: { default: false } },
    { name: "where", kind: { is: "string" }, need: "optional" },
    { name: "hint", kind: { is: "string" }, need: "optional" },
  ],
  ErrorObject: [
    { name: "code", kind: { is: "integer", least: -9007199254740991, most: 9007199254740991 }, need: "required" },
    { name: "message", kind: { is: "string" }, need: "required" },
    { name: "data", kind: { is: "message", name: "ErrorData" }, need: "optional" },
  ],
  ApprovalsListParams: [
    { name: "everything", kind: { is: "boolean" }, need: { default: false } },
    { name: "approval_id", kind: { is: "string", least: 1, most: 256 }, need: "optional" },
  ],
  ApprovalView: [
    { name: "approval_id", kind: { is: "string", least: 1, most: 256 }, need: "required" },
    { name: "action_sha", kind: { is: "string", pattern: "^[0-9a-f]{64}$" }, need: "required" },
    { name: "action", kind: { is: "choice", values: ["send", "draft", "recover"] }, need: "required" },
    { name: "surface", kind: { is: "string" }, need: "required" },
    { name: "ide", kind: { is: "string" }, need: "required" },
    { name: "workspace_folders", kind: { is: "list", of: { is: "string" } }, need: "required" },
    { name: "text_chars", kind: { is: "integer", least: 0, most: 9007199254740991 }, need: "required" },
    { name: "reason", kind: { is: "string" }, need: "required" },
    { name: "asked_at_ms", kind: { is: "integer", least: 0, most: 9007199254740991 }, need: "required" },
    { name: "expires_at_ms", kind: { is: "integer", least: 0, most: 9007199254740991 }, need: "required" },
    { name: "state", kind: { is: "choice", values: ["pending", "approved", "denied", "used", "void"] }, need: "required" },
    { name: "decided_at_ms", kind: { is: "integer", least: 0, most: 9007199254740991 }, need: "optional" },
    { name: "text", kind: { is: "string" }, need: "optional" },
    { name: "drive_id", kind: { is: "string", pattern: "^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$" }, need: "optional" },
    { name: "interface", kind: { is: "string", least: 1, most: 256 }, need: "optional" },
    { name: "recovery", kind: { is: "string", least: 1, most: 256 }, need: "optional" },
  ],
  ApprovalsListResult: [
    { name: "approvals", kind: { is: "list", of: { is: "message", name: "ApprovalView" } }, need: "required" },
  ],
  ApprovalDecideParams: [
    { name: "approval_id", kind: { is: "string", least: 1, most: 256 }, need: "required" },
    { name: "action_sha", kind: { is: "string", pattern: "^[0-9a-f]{64}$" }, need: "required" },
    { name: "approve", kind: { is: "boolean" }, need: "required" },
  ],
  FactReport: [
    { name: "kind", kind: { is: "choice", values: ["inserted", "submitted", "queued", "withdrawn", "turn_started", "turn_ended", "needs_input", "turn_failed"] }, need: "required" },
    { name: "grade", kind: { is: "choice", values: ["claim", "readback", "host"] }, need: "required" },
    { name: "at_ms", kind: { is: "integer", least: 0, most: 9007199254740991 }, need: "required" },
    { name: "text_sha", kind: { is: "string", pattern: "^[0-9a-f]{64}$" }, need: "optional" },
    { name: "chat_id", kind: { is: "string" }, need: "optional" },
    { name: "detail", kind: { is: "string" }, need: "optional" },
  ],
  TraceStep: [
    { name: "op", kind: { is: "string", least: 1, most: 256 }, need: "required" },
    { name: "ok", kind: { is: "boolean" }, need: "required" },
    { name: "ms", kind: { is: "integer", least: 0, most: 9007199254740991 }, need: "required" },
    { name: "command", kind: { is: "string" }, need: "optional" },
    { name: "detail", kind: { is: "string" }, need: "optional" },
  ],
  ChatTarget: [
    { name: "chat_id", kind: { is: "string" }, need: "optional" },
    { name: "new_chat", kind: { is: "boolean" }, need: { default: false } },
    { name: "mode", kind: { is: "string" }, need: "optional" },
  ],
  DeliverParams: [
    { name: "drive_id", kind: { is: "string", pattern: "^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$" }, need: "required" },
    { name: "epoch", kind: { is: "integer", least: -9007199254740991, most: 9007199254740991 }, need: "required" },
    { name: "surface_id", kind: { is: "string", least: 1, most: 256 }, need: "required" },
    { name: "interface", kind: { is: "string", least: 1, most: 256 }, need: "required" },
    { name: "text", kind: { is: "string" }, need: "required" },
    { name: "text_sha", kind: { is: "string", pattern: "^[0-9a-f]{64}$" }, need: "required" },
    { name: "submit", kind: { is: "boolean" }, need: "required" },
    { name: "target", kind: { is: "message", name: "ChatTarget" }, need: "required" },
    { name: "answer_within_ms", kind: { is: "integer", least: 0, most: 9007199254740991 }, need: "required" },
  ],
  DeliverResult: [
    { name: "drive_id", kind: { is: "string", pattern: "^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$" }, need: "required" },
    { name: "epoch", kind: { is: "integer", least: -9007199254740991, most: 9007199254740991 }, need: "required" },
    { name: "disposition", kind: { is: "choice", values: ["done", "pending", "declined", "lost"] }, need: "required" },
    { name: "facts", kind: { is: "list", of: { is: "message", name: "FactReport" } }, need: "required" },
    { name: "trace", kind: { is: "list", of: { is: "message", name: "TraceStep" } }, need: "required" },
    { name: "blocker", kind: { is: "string", least: 1, most: 256 }, need: "optional" },
    { name: "message", kind: { is: "string" }, need: "optional" },
  ],
  ChatEvent: [
    { name: "surface_id", kind: { is: "string", least: 1, most: 256 }, need: "required" },
    { name: "epoch", kind: { is: "integer", least: -9007199254740991, most: 9007199254740991 }, need: "required" },
    { name: "fact", kind: { is: "message", name: "FactReport" }, need: "required" },
    { name: "drive_id", kind: { is: "string", pattern: "^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$" }, need: "optional" },
  ],
  ChatOpenParams: [
    { name: "surface_id", kind: { is: "string", least: 1, most: 256 }, need: "required" },
    { name: "chat_id", kind: { is: "string" }, need: "optional" },
  ],
  ChatCancelParams: [
    { name: "surface_id", kind: { is: "string", least: 1, most: 256 }, need: "required" },
    { name: "drive_id", kind: { is: "string", pattern: "^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$" }, need: "optional" },
  ],
  CommandResult: [
    { name: "issued", kind: { is: "boolean" }, need: "required" },
    { name: "blocker", kind: { is: "string", least: 1, most: 256 }, need: "optional" },
    { name: "message", kind: { is: "string" }, need: "optional" },
  ],
  ChatView: [
    { name: "store", kind: { is: "string", least: 1, most: 256 }, need: "required" },
    { name: "path", kind: { is: "string" }, need: "required" },
    { name: "session", kind: { is: "string" }, need: "required" },
    { name: "state", kind: { is: "choice", values: ["queued", "working", "needs_input", "done", "error", "rate_limited", "interrupted", "unknown"] }, need: "required" },
    { name: "modified_at_ms", kind: { is: "integer", least: 0, most: 9007199254740991 }, need: "required" },
    { name: "observed_at_ms", kind: { is: "integer", least: 0, most: 9007199254740991 }, need: "required" },
    { name: "product", kind: { is: "string" }, need: "optional" },
    { name: "workspace", kind: { is: "string" }, need: "optional" },
    { name: "reason", kind: { is: "string" }, need: "optional" },
    { name: "problem", kind: { is: "string" }, need: "optional" },
    { name: "evidence", kind: { is: "string" }, need: "optional" },
    { name: "horizon_ms", kind: { is: "integer", least: 0, most: 9007199254740991 }, need: "optional" },
    { name: "resets_at_ms", kind: { is: "integer", least: 0, most: 9007199254740991 }, need: "optional" },
    { name: "drive_id", kind: { is: "string", pattern: "^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$" }, need: "optional" },
  ],
  StoreFault: [
    { name: "store", kind: { is: "string", least: 1, most: 256 }, need: "required" },
    { name: "where", kind: { is: "string" }, need: "required" },
    { name: "reason", kind: { is: "string", least: 1, most: 256 }, need: "required" },
    { name: "message", kind: { is: "string" }, need: "required" },
    { name: "hint", kind: { is: "string" }, need: "optional" },
    { name: "over", kind: { is: "boolean" }, need: { default: false } },
  ],
  WatchView: [
    { name: "stores", kind: { is: "integer", least: -9007199254740991, most: 9007199254740991 }, need: "required" },
    { name: "chats", kind: { is: "integer", least: -9007199254740991, most: 9007199254740991 }, need: "required" },
    { name: "polled", kind: { is: "list", of: { is: "string" } }, need: "required" },
    { name: "faults", kind: { is: "list", of: { is: "message", name: "StoreFault" } }, need: "required" },
  ],
  ChatsListParams: [
    { name: "state", kind: { is: "choice", values: ["queued", "working", "needs_input", "done", "error", "rate_limited", "interrupted", "unknown"] }, need: "optional" },
    { name: "limit", kind: { is: "integer", least: 1, most: 1000 }, need: { default: 100 } },
  ],
  ChatsListResult: [
    { name: "chats", kind: { is: "list", of: { is: "message", name: "ChatView" } }, need: "required" },
    { name: "watch", kind: { is: "message", name: "WatchView" }, need: "required" },
    { name: "complete", kind: { is: "boolean" }, need: "required" },
  ],
  CommandsListParams: [
    { name: "contains", kind: { is: "string" }, need: "optional" },
  ],
  CommandsListResult: [
    { name: "commands", kind: { is: "list", of: { is: "string" } }, need: "required" },
  ],
  ProtocolRange: [
    { name: "min", kind: { is: "integer", least: 1, most: 9007199254740991 }, need: "required" },
    { name: "max", kind: { is: "integer", least: 1, most: 9007199254740991 }, need: "required" },
  ],
  RefusedPlugin: [
    { name: "ide", kind: { is: "string", least: 1, most: 256 }, need: "required" },
    { name: "window_id", kind: { is: "string", least: 1, most: 256 }, need: "required" },
    { name: "plugin_name", kind: { is: "string", least: 1, most: 256 }, need: "required" },
    { name: "plugin_version", kind: { is: "string", least: 1, most: 256 }, need: "required" },
    { name: "protocol_min", kind: { is: "integer", least: -9007199254740991, most: 9007199254740991 }, need: "required" },
    { name: "protocol_max", kind: { is: "integer", least: -9007199254740991, most: 9007199254740991 }, need: "required" },
    { name: "at_ms", kind: { is: "integer", least: 0, most: 9007199254740991 }, need: "required" },
  ],
  SessionView: [
    { name: "session_id", kind: { is: "string" }, need: "required" },
    { name: "epoch", kind: { is: "integer", least: -9007199254740991, most: 9007199254740991 }, need: "required" },
    { name: "ide", kind: { is: "message", name: "IdeInfo" }, need: "required" },
    { name: "window_id", kind: { is: "string" }, need: "required" },
    { name: "pid", kind: { is: "integer", least: -9007199254740991, most: 9007199254740991 }, need: "required" },
    { name: "plugin_name", kind: { is: "string" }, need: "required" },
    { name: "plugin_version", kind: { is: "string" }, need: "required" },
    { name: "protocol", kind: { is: "integer", least: -9007199254740991, most: 9007199254740991 }, need: "required" },
    { name: "connected_at_ms", kind: { is: "integer", least: 0, most: 9007199254740991 }, need: "required" },
    { name: "last_seen_at_ms", kind: { is: "integer", least: 0, most: 9007199254740991 }, need: "required" },
    { name: "capabilities", kind: { is: "list", of: { is: "string" } }, need: "required" },
    { name: "surfaces", kind: { is: "list", of: { is: "message", name: "SurfaceInfo" } }, need: "required" },
  ],
  ContainedView: [
    { name: "what", kind: { is: "string" }, need: "required" },
    { name: "count", kind: { is: "integer", least: -9007199254740991, most: 9007199254740991 }, need: "required" },
    { name: "error", kind: { is: "string" }, need: "required" },
    { name: "at_ms", kind: { is: "integer", least: 0, most: 9007199254740991 }, need: "required" },
  ],
  StatusResult: [
    { name: "version", kind: { is: "string" }, need: "required" },
    { name: "instance_id", kind: { is: "string" }, need: "required" },
    { name: "pid", kind: { is: "integer", least: -9007199254740991, most: 9007199254740991 }, need: "required" },
    { name: "started_at_ms", kind: { is: "integer", least: 0, most: 9007199254740991 }, need: "required" },
    { name: "socket", kind: { is: "string" }, need: "required" },
    { name: "state_directory", kind: { is: "string" }, need: "required" },
    { name: "protocol", kind: { is: "message", name: "ProtocolRange" }, need: "required" },
    { name: "sessions", kind: { is: "list", of: { is: "message", name: "SessionView" } }, need: "required" },
    { name: "drives_open", kind: { is: "integer", least: -9007199254740991, most: 9007199254740991 }, need: "required" },
    { name: "drives_settled", kind: { is: "integer", least: -9007199254740991, most: 9007199254740991 }, need: "required" },
    { name: "ledger_rows", kind: { is: "integer", least: -9007199254740991, most: 9007199254740991 }, need: "required" },
    { name: "clients", kind: { is: "integer", least: -9007199254740991, most: 9007199254740991 }, need: "required" },
    { name: "watching", kind: { is: "message", name: "WatchView" }, need: "optional" },
    { name: "refused", kind: { is: "list", of: { is: "message", name: "RefusedPlugin" } }, need: "optional" },
    { name: "contained", kind: { is: "list", of: { is: "message", name: "ContainedView" } }, need: "optional" },
  ],
  DeskTarget: [
    { name: "surface", kind: { is: "string", least: 1, most: 256 }, need: "optional" },
    { name: "app", kind: { is: "string", least: 1, most: 256 }, need: "optional" },
    { name: "title", kind: { is: "string", least: 1, most: 256 }, need: "optional" },
    { name: "pid", kind: { is: "integer", least: 1, most: 9007199254740991 }, need: "optional" },
    { name: "window", kind: { is: "integer", least: 1, most: 9007199254740991 }, need: "optional" },
  ],
  DeskInjectParams: [
    { name: "target", kind: { is: "message", name: "DeskTarget" }, need: "required" },
    { name: "text", kind: { is: "string" }, need: "required" },
    { name: "submit", kind: { is: "boolean" }, need: { default: false } },
    { name: "dry_run", kind: { is: "boolean" }, need: { default: false } },
    { name: "via", kind: { is: "string", least: 1, most: 256 }, need: "optional" },
    { name: "method", kind: { is: "choice", values: ["paste", "type"] }, need: { default: "paste" } },
    { name: "deadline_ms", kind: { is: "integer", least: 0, most: 9007199254740991 }, need: { default: 60000 } },
  ],
  DeskStep: [
    { name: "step", kind: { is: "string", least: 1, most: 256 }, need: "required" },
    { name: "state", kind: { is: "choice", values: ["done", "would", "refused"] }, need: "required" },
    { name: "detail", kind: { is: "string" }, need: "required" },
  ],
  DeskInjectResult: [
    { name: "outcome", kind: { is: "choice", values: ["rehearsed", "inserted", "submitted", "withheld", "declined", "lost"] }, need: "required" },
    { name: "steps", kind: { is: "list", of: { is: "message", name: "DeskStep" } }, need: "required" },
    { name: "interface", kind: { is: "string", least: 1, most: 256 }, need: "optional" },
    { name: "level", kind: { is: "choice", values: ["sent", "delivered", "verified"] }, need: "optional" },
    { name: "blocker", kind: { is: "string", least: 1, most: 256 }, need: "optional" },
    { name: "message", kind: { is: "string" }, need: "optional" },
    { name: "hint", kind: { is: "string" }, need: "optional" },
  ],
  DeskStopResult: [
    { name: "stopped", kind: { is: "list", of: { is: "string" } }, need: "required" },
    { name: "running", kind: { is: "list", of: { is: "string" } }, need: "required" },
  ],
  DeskCalibrateParams: [
    { name: "target", kind: { is: "message", name: "DeskTarget" }, need: "required" },
    { name: "product", kind: { is: "string", least: 1, most: 256 }, need: "optional" },
    { name: "version", kind: { is: "string", least: 1, most: 256 }, need: "optional" },
    { name: "left", kind: { is: "integer", least: 0, most: 65535 }, need: "optional" },
    { name: "from_bottom", kind: { is: "integer", least: 0, most: 65535 }, need: "optional" },
    { name: "pointer_after_ms", kind: { is: "integer", least: 0, most: 60000 }, need: "optional" },
    { name: "copyable", kind: { is: "boolean" }, need: { default: false } },
  ],
  DeskCalibrateResult: [
    { name: "product", kind: { is: "string" }, need: "required" },
    { name: "version", kind: { is: "string" }, need: "required" },
    { name: "file", kind: { is: "string" }, need: "required" },
    { name: "width", kind: { is: "integer", least: -9007199254740991, most: 9007199254740991 }, need: "required" },
    { name: "height", kind: { is: "integer", least: -9007199254740991, most: 9007199254740991 }, need: "required" },
    { name: "picture", kind: { is: "string" }, need: "optional" },
    { name: "role", kind: { is: "string" }, need: "optional" },
    { name: "name", kind: { is: "string" }, need: "optional" },
    { name: "left", kind: { is: "integer", least: 0, most: 65535 }, need: "optional" },
    { name: "from_bottom", kind: { is: "integer", least: 0, most: 65535 }, need: "optional" },
    { name: "copyable", kind: { is: "boolean" }, need: { default: false } },
  ],
  DoctorRunParams: [
    { name: "check", kind: { is: "string", least: 1, most: 256 }, need: "optional" },
    { name: "interface", kind: { is: "string", least: 1, most: 256 }, need: "optional" },
    { name: "timeout_ms", kind: { is: "integer", least: 1, most: 60000 }, need: { default: 800 } },
  ],
  RemedyView: [
    { name: "text", kind: { is: "string" }, need: "required" },
    { name: "commands", kind: { is: "list", of: { is: "string" } }, need: "required" },
  ],
  FindingView: [
    { name: "id", kind: { is: "string", least: 1, most: 256 }, need: "required" },
    { name: "severity", kind: { is: "choice", values: ["error", "warning", "note"] }, need: "required" },
    { name: "problem", kind: { is: "string" }, need: "required" },
    { name: "remedy", kind: { is: "message", name: "RemedyView" }, need: "required" },
    { name: "interfaces", kind: { is: "list", of: { is: "string" } }, need: "required" },
    { name: "depends_on", kind: { is: "list", of: { is: "string" } }, need: "required" },
    { name: "about", kind: { is: "string" }, need: "optional" },
    { name: "blocker", kind: { is: "string" }, need: "optional" },
  ],
  StandingView: [
    { name: "id", kind: { is: "string", least: 1, most: 256 }, need: "required" },
    { name: "title", kind: { is: "string" }, need: "required" },
    { name: "status", kind: { is: "choice", values: ["built", "planned", "ruled_out"] }, need: "required" },
    { name: "usable", kind: { is: "boolean" }, need: "required" },
    { name: "best_grade", kind: { is: "choice", values: ["claim", "readback", "host", "witness"] }, need: "required" },
    { name: "blockers", kind: { is: "list", of: { is: "string" } }, need: "required" },
    { name: "why", kind: { is: "string" }, need: "optional" },
    { name: "command", kind: { is: "string" }, need: "optional" },
  ],
  SeenView: [
    { name: "name", kind: { is: "string" }, need: "required" },
    { name: "value", kind: { is: "string" }, need: "required" },
  ],
  ExaminedView: [
    { name: "id", kind: { is: "string", least: 1, most: 256 }, need: "required" },
    { name: "state", kind: { is: "choice", values: ["ok", "found", "crashed", "hung"] }, need: "required" },
    { name: "seen", kind: { is: "list", of: { is: "message", name: "SeenView" } }, need: "required" },
    { name: "ms", kind: { is: "integer", least: -9007199254740991, most: 9007199254740991 }, need: "optional" },
  ],
  DoctorRunResult: [
    { name: "healthy", kind: { is: "boolean" }, need: "required" },
    { name: "interfaces", kind: { is: "list", of: { is: "message", name: "StandingView" } }, need: "required" },
    { name: "findings", kind: { is: "list", of: { is: "message", name: "FindingView" } }, need: "required" },
    { name: "hidden", kind: { is: "list", of: { is: "message", name: "FindingView" } }, need: "required" },
    { name: "checks", kind: { is: "list", of: { is: "message", name: "ExaminedView" } }, need: "required" },
  ],
  SurfaceSelector: [
    { name: "ide", kind: { is: "string" }, need: "optional" },
    { name: "workspace", kind: { is: "string" }, need: "optional" },
    { name: "agent", kind: { is: "string" }, need: "optional" },
    { name: "window", kind: { is: "string" }, need: "optional" },
    { name: "via", kind: { is: "string" }, need: "optional" },
  ],
  LookupParams: [
    { name: "drive_id", kind: { is: "string", pattern: "^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$" }, need: "required" },
  ],
  LookupResult: [
    { name: "drive_id", kind: { is: "string", pattern: "^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$" }, need: "required" },
    { name: "state", kind: { is: "choice", values: ["absent", "begun", "touched", "submitted", "withdrawn", "declined"] }, need: "required" },
    { name: "facts", kind: { is: "list", of: { is: "message", name: "FactReport" } }, need: "required" },
    { name: "in_flight", kind: { is: "boolean" }, need: { default: false } },
    { name: "text_sha", kind: { is: "string", pattern: "^[0-9a-f]{64}$" }, need: "optional" },
  ],
  DriveStartParams: [
    { name: "drive_id", kind: { is: "string", pattern: "^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$" }, need: "required" },
    { name: "text", kind: { is: "string" }, need: "required" },
    { name: "selector", kind: { is: "message", name: "SurfaceSelector" }, need: "required" },
    { name: "target", kind: { is: "message", name: "ChatTarget" }, need: "required" },
    { name: "draft", kind: { is: "boolean" }, need: { default: false } },
    { name: "deadline_ms", kind: { is: "integer", least: 0, most: 9007199254740991 }, need: { default: 90000 } },
    { name: "wait_ms", kind: { is: "integer", least: 0, most: 9007199254740991 }, need: { default: 600000 } },
    { name: "require", kind: { is: "choice", values: ["host", "witness"] }, need: { default: "host" } },
  ],
  FactView: [
    { name: "kind", kind: { is: "choice", values: ["inserted", "submitted", "queued", "withdrawn", "turn_started", "turn_ended", "needs_input", "turn_failed"] }, need: "required" },
    { name: "grade", kind: { is: "choice", values: ["claim", "readback", "host", "witness"] }, need: "required" },
    { name: "source", kind: { is: "string" }, need: "required" },
    { name: "at_ms", kind: { is: "integer", least: 0, most: 9007199254740991 }, need: "required" },
    { name: "chat_id", kind: { is: "string" }, need: "optional" },
    { name: "evidence", kind: { is: "string" }, need: "optional" },
    { name: "detail", kind: { is: "string" }, need: "optional" },
    { name: "counted", kind: { is: "boolean" }, need: { default: true } },
  ],
  CandidateView: [
    { name: "interface", kind: { is: "string" }, need: "required" },
    { name: "surface", kind: { is: "string" }, need: "required" },
    { name: "chosen", kind: { is: "boolean" }, need: "required" },
    { name: "best_grade", kind: { is: "choice", values: ["claim", "readback", "host", "witness"] }, need: "required" },
    { name: "reason", kind: { is: "string" }, need: "optional" },
  ],
  TurnView: [
    { name: "state", kind: { is: "choice", values: ["waiting", "completed", "needs_input", "turn_failed", "wait_timeout"] }, need: "required" },
    { name: "reply", kind: { is: "string" }, need: "optional" },
    { name: "reason", kind: { is: "string" }, need: "optional" },
  ],
  DriveView: [
    { name: "drive_id", kind: { is: "string", pattern: "^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$" }, need: "required" },
    { name: "state", kind: { is: "choice", values: ["accepted", "acting", "settled"] }, need: "required" },
    { name: "text_sha", kind: { is: "string", pattern: "^[0-9a-f]{64}$" }, need: "required" },
    { name: "text_chars", kind: { is: "integer", least: 0, most: 9007199254740991 }, need: "required" },
    { name: "accepted_at_ms", kind: { is: "integer", least: 0, most: 9007199254740991 }, need: "required" },
    { name: "facts", kind: { is: "list", of: { is: "message", name: "FactView" } }, need: "required" },
    { name: "candidates", kind: { is: "list", of: { is: "message", name: "CandidateView" } }, need: "required" },
    { name: "draft", kind: { is: "boolean" }, need: { default: false } },
    { name: "settled_at_ms", kind: { is: "integer", least: 0, most: 9007199254740991 }, need: "optional" },
    { name: "outcome", kind: { is: "choice", values: ["confirmed", "refused", "likely", "unknown", "failed"] }, need: "optional" },
    { name: "blocker", kind: { is: "string" }, need: "optional" },
    { name: "reason", kind: { is: "string" }, need: "optional" },
    { name: "surface", kind: { is: "string" }, need: "optional" },
    { name: "interface", kind: { is: "string" }, need: "optional" },
    { name: "chat_id", kind: { is: "string" }, need: "optional" },
    { name: "queued_behind", kind: { is: "integer", least: -9007199254740991, most: 9007199254740991 }, need: "optional" },
    { name: "turn", kind: { is: "message", name: "TurnView" }, need: "optional" },
    { name: "replayed", kind: { is: "boolean" }, need: { default: false } },
    { name: "doubt", kind: { is: "string" }, need: "optional" },
    { name: "approval", kind: { is: "string" }, need: "optional" },
    { name: "warning", kind: { is: "string" }, need: "optional" },
    { name: "marked", kind: { is: "choice", values: ["submitted", "not_submitted"] }, need: "optional" },
    { name: "resent_as", kind: { is: "string" }, need: "optional" },
  ],
  DriveGetParams: [
    { name: "drive_id", kind: { is: "string", pattern: "^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$" }, need: "required" },
  ],
  DriveListParams: [
    { name: "limit", kind: { is: "integer", least: 1, most: 1000 }, need: { default: 50 } },
    { name: "state", kind: { is: "choice", values: ["accepted", "acting", "settled"] }, need: "optional" },
  ],
  DriveListResult: [
    { name: "drives", kind: { is: "list", of: { is: "message", name: "DriveView" } }, need: "required" },
  ],
  DriveWaitParams: [
    { name: "drive_id", kind: { is: "string", pattern: "^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$" }, need: "required" },
    { name: "until", kind: { is: "choice", values: ["outcome", "turn"] }, need: { default: "outcome" } },
    { name: "timeout_ms", kind: { is: "integer", least: 0, most: 9007199254740991 }, need: { default: 60000 } },
  ],
  QueueView: [
    { name: "window_id", kind: { is: "string" }, need: "required" },
    { name: "drive_id", kind: { is: "string", pattern: "^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$" }, need: "required" },
    { name: "state", kind: { is: "choice", values: ["accepted", "acting", "settled"] }, need: "required" },
    { name: "accepted_at_ms", kind: { is: "integer", least: 0, most: 9007199254740991 }, need: "required" },
    { name: "overdue", kind: { is: "boolean" }, need: "required" },
    { name: "behind", kind: { is: "integer", least: 0, most: 9007199254740991 }, need: "required" },
  ],
  GoalView: [
    { name: "goal_id", kind: { is: "string", pattern: "^[A-Za-z0-9][A-Za-z0-9._:-]{0,95}$" }, need: "required" },
    { name: "state", kind: { is: "choice", values: ["queued", "running", "asking", "waiting", "paused", "accepted", "stopped"] }, need: "required" },
    { name: "text", kind: { is: "string" }, need: "required" },
    { name: "created_at_ms", kind: { is: "integer", least: 0, most: 9007199254740991 }, need: "required" },
    { name: "turn", kind: { is: "integer", least: 0, most: 9007199254740991 }, need: "required" },
    { name: "budget", kind: { is: "message", name: "BudgetTerms" }, need: "required" },
    { name: "spent", kind: { is: "message", name: "SpentView" }, need: "required" },
    { name: "checks", kind: { is: "list", of: { is: "message", name: "CheckView" } }, need: "required" },
    { name: "terms_sha", kind: { is: "string", pattern: "^[0-9a-f]{64}$" }, need: "required" },
    { name: "activity", kind: { is: "string" }, need: "required" },
    { name: "pausing", kind: { is: "boolean" }, need: { default: false } },
    { name: "surface", kind: { is: "string" }, need: "optional" },
    { name: "workspace", kind: { is: "string" }, need: "optional" },
    { name: "interface", kind: { is: "string" }, need: "optional" },
    { name: "drive_id", kind: { is: "string", pattern: "^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$" }, need: "optional" },
    { name: "approval", kind: { is: "string" }, need: "optional" },
    { name: "decision", kind: { is: "choice", values: ["continue", "accept", "ask", "stop"] }, need: "optional" },
    { name: "cause", kind: { is: "choice", values: ["budget", "repeat", "regression", "blocked", "failed", "operator"] }, need: "optional" },
    { name: "reason", kind: { is: "string" }, need: "optional" },
    { name: "summary", kind: { is: "string" }, need: "optional" },
    { name: "question", kind: { is: "message", name: "QuestionView" }, need: "optional" },
    { name: "wakes_at_ms", kind: { is: "integer", least: 0, most: 9007199254740991 }, need: "optional" },
    { name: "ended_at_ms", kind: { is: "integer", least: 0, most: 9007199254740991 }, need: "optional" },
    { name: "queued_behind", kind: { is: "integer", least: -9007199254740991, most: 9007199254740991 }, need: "optional" },
  ],
  SubscribeParams: [
    { name: "drive_id", kind: { is: "string", pattern: "^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$" }, need: "optional" },
    { name: "goal_id", kind: { is: "string", pattern: "^[A-Za-z0-9][A-Za-z0-9._:-]{0,95}$" }, need: "optional" },
    { name: "chats", kind: { is: "boolean" }, need: { default: false } },
  ],
  SubscribeResult: [
    { name: "seq", kind: { is: "integer", least: -9007199254740991, most: 9007199254740991 }, need: "required" },
  ],
  Event: [
    { name: "seq", kind: { is: "integer", least: -9007199254740991, most: 9007199254740991 }, need: "required" },
    { name: "kind", kind: { is: "string", least: 1, most: 256 }, need: "required" },
    { name: "at_ms", kind: { is: "integer", least: 0, most: 9007199254740991 }, need: "required" },
    { name: "drive", kind: { is: "message", name: "DriveView" }, need: "optional" },
    { name: "goal", kind: { is: "message", name: "GoalView" }, need: "optional" },
  ],
  CheckTerms: [
    { name: "name", kind: { is: "string", least: 1, most: 256 }, need: "required" },
    { name: "command", kind: { is: "list", of: { is: "string" } }, need: "required" },
    { name: "exit", kind: { is: "integer", least: 0, most: 255 }, need: "required" },
    { name: "cwd", kind: { is: "string" }, need: "required" },
    { name: "timeout_ms", kind: { is: "integer", least: 0, most: 9007199254740991 }, need: "required" },
    { name: "protect", kind: { is: "list", of: { is: "string" } }, need: "required" },
  ],
  BudgetTerms: [
    { name: "turns", kind: { is: "integer", least: 0, most: 9007199254740991 }, need: "required" },
    { name: "ms", kind: { is: "integer", least: 0, most: 9007199254740991 }, need: "required" },
    { name: "tokens", kind: { is: "integer", least: 0, most: 9007199254740991 }, need: "optional" },
    { name: "microdollars", kind: { is: "integer", least: 0, most: 9007199254740991 }, need: "optional" },
  ],
  StopTerms: [
    { name: "same_failure", kind: { is: "integer", least: 1, most: 1000 }, need: "required" },
    { name: "same_blocker", kind: { is: "integer", least: 1, most: 1000 }, need: "required" },
    { name: "growing", kind: { is: "integer", least: 1, most: 1000 }, need: "required" },
  ],
  ReviewerTerms: [
    { name: "api", kind: { is: "choice", values: ["openai", "anthropic"] }, need: "required" },
    { name: "model", kind: { is: "string", least: 1, most: 256 }, need: "required" },
    { name: "url", kind: { is: "string" }, need: "optional" },
    { name: "key_env", kind: { is: "string", least: 1, most: 256 }, need: "optional" },
    { name: "key_file", kind: { is: "string" }, need: "optional" },
    { name: "price_in", kind: { is: "integer", least: 0, most: 9007199254740991 }, need: "optional" },
    { name: "price_out", kind: { is: "integer", least: 0, most: 9007199254740991 }, need: "optional" },
  ],
  GoalTerms: [
    { name: "text", kind: { is: "string", least: 1, most: 20000 }, need: "required" },
    { name: "selector", kind: { is: "message", name: "SurfaceSelector" }, need: "required" },
    { name: "checks", kind: { is: "list", of: { is: "message", name: "CheckTerms" } }, need: "required" },
    { name: "notes", kind: { is: "list", of: { is: "string" } }, need: "required" },
    { name: "budget", kind: { is: "message", name: "BudgetTerms" }, need: "required" },
    { name: "stop", kind: { is: "message", name: "StopTerms" }, need: "required" },
    { name: "approve", kind: { is: "list", of: { is: "string", least: 1, most: 256 } }, need: "required" },
    { name: "turn_ms", kind: { is: "integer", least: 0, most: 9007199254740991 }, need: "required" },
    { name: "quiet_ms", kind: { is: "integer", least: 0, most: 9007199254740991 }, need: "required" },
    { name: "answer_ms", kind: { is: "integer", least: 0, most: 9007199254740991 }, need: "required" },
    { name: "on_question", kind: { is: "choice", values: ["ask", "notes", "reviewer"] }, need: "required" },
    { name: "trust", kind: { is: "choice", values: ["observe", "draft", "send", "autonomous"] }, need: "required" },
    { name: "chat", kind: { is: "choice", values: ["current", "new"] }, need: { default: "current" } },
    { name: "workspace", kind: { is: "string", least: 1, most: 4096 }, need: "optional" },
    { name: "reviewer", kind: { is: "message", name: "ReviewerTerms" }, need: "optional" },
    { name: "prompts", kind: { is: "string" }, need: "optional" },
  ],
  GoalStartParams: [
    { name: "goal_id", kind: { is: "string", pattern: "^[A-Za-z0-9][A-Za-z0-9._:-]{0,95}$" }, need: "required" },
    { name: "terms", kind: { is: "message", name: "GoalTerms" }, need: "required" },
  ],
  GoalGetParams: [
    { name: "goal_id", kind: { is: "string", pattern: "^[A-Za-z0-9][A-Za-z0-9._:-]{0,95}$" }, need: "required" },
  ],
  GoalListParams: [
    { name: "limit", kind: { is: "integer", least: 1, most: 1000 }, need: { default: 50 } },
    { name: "state", kind: { is: "choice", values: ["queued", "running", "asking", "waiting", "paused", "accepted", "stopped"] }, need: "optional" },
  ],
  GoalAnswerParams: [
    { name: "goal_id", kind: { is: "string", pattern: "^[A-Za-z0-9][A-Za-z0-9._:-]{0,95}$" }, need: "required" },
    { name: "question_id", kind: { is: "string", least: 1, most: 256 }, need: "required" },
    { name: "text", kind: { is: "string", least: 1, most: 20000 }, need: "required" },
  ],
  CheckView: [
    { name: "name", kind: { is: "string" }, need: "required" },
    { name: "state", kind: { is: "choice", values: ["pass", "fail", "unknown"] }, need: "required" },
    { name: "ms", kind: { is: "integer", least: 0, most: 9007199254740991 }, need: "required" },
    { name: "exit", kind: { is: "integer", least: -9007199254740991, most: 9007199254740991 }, need: "optional" },
    { name: "failing", kind: { is: "integer", least: -9007199254740991, most: 9007199254740991 }, need: "optional" },
    { name: "why", kind: { is: "string" }, need: "optional" },
    { name: "stable", kind: { is: "boolean" }, need: { default: true } },
  ],
  QuestionView: [
    { name: "question_id", kind: { is: "string", least: 1, most: 256 }, need: "required" },
    { name: "kind", kind: { is: "choice", values: ["reply", "pending", "doubt", "cancelled"] }, need: "required" },
    { name: "text", kind: { is: "string" }, need: "required" },
    { name: "asked_at_ms", kind: { is: "integer", least: 0, most: 9007199254740991 }, need: "required" },
    { name: "expires_at_ms", kind: { is: "integer", least: 0, most: 9007199254740991 }, need: "required" },
  ],
  SpentView: [
    { name: "turns", kind: { is: "integer", least: 0, most: 9007199254740991 }, need: "required" },
    { name: "ms", kind: { is: "integer", least: 0, most: 9007199254740991 }, need: "required" },
    { name: "tokens", kind: { is: "integer", least: 0, most: 9007199254740991 }, need: "required" },
    { name: "microdollars", kind: { is: "integer", least: 0, most: 9007199254740991 }, need: "required" },
  ],
  GoalListResult: [
    { name: "goals", kind: { is: "list", of: { is: "message", name: "GoalView" } }, need: "required" },
  ],
  IdeInfo: [
    { name: "product", kind: { is: "string", least: 1, most: 256 }, need: "required" },
    { name: "version", kind: { is: "string" }, need: "required" },
    { name: "app_name", kind: { is: "string" }, need: "required" },
    { name: "app_host", kind: { is: "string" }, need: "required" },
  ],
  StoreHint: [
    { name: "store", kind: { is: "string", least: 1, most: 256 }, need: "required" },
    { name: "path", kind: { is: "string" }, need: "required" },
  ],
  SurfaceInfo: [
    { name: "surface_id", kind: { is: "string", least: 1, most: 256 }, need: "required" },
    { name: "agent", kind: { is: "string", least: 1, most: 256 }, need: "required" },
    { name: "title", kind: { is: "string" }, need: "required" },
    { name: "workspace_folders", kind: { is: "list", of: { is: "string" } }, need: "required" },
    { name: "interfaces", kind: { is: "list", of: { is: "string", least: 1, most: 256 } }, need: "required" },
    { name: "store", kind: { is: "message", name: "StoreHint" }, need: "optional" },
  ],
  PluginInfo: [
    { name: "ide", kind: { is: "message", name: "IdeInfo" }, need: "required" },
    { name: "pid", kind: { is: "integer", least: 1, most: 9007199254740991 }, need: "required" },
    { name: "host_started_at_ms", kind: { is: "integer", least: 0, most: 9007199254740991 }, need: "required" },
    { name: "window_id", kind: { is: "string", least: 1, most: 256 }, need: "required" },
    { name: "capabilities", kind: { is: "list", of: { is: "string", least: 1, most: 256 } }, need: "required" },
    { name: "surfaces", kind: { is: "list", of: { is: "message", name: "SurfaceInfo" } }, need: "required" },
  ],
  InitializeParams: [
    { name: "role", kind: { is: "choice", values: ["plugin", "client", "operator"] }, need: "required" },
    { name: "name", kind: { is: "string", least: 1, most: 256 }, need: "required" },
    { name: "version", kind: { is: "string" }, need: "required" },
    { name: "protocol", kind: { is: "message", name: "ProtocolRange" }, need: "required" },
    { name: "plugin", kind: { is: "message", name: "PluginInfo" }, need: "optional" },
  ],
  InitializeResult: [
    { name: "protocol", kind: { is: "integer", least: -9007199254740991, most: 9007199254740991 }, need: "required" },
    { name: "daemon_version", kind: { is: "string" }, need: "required" },
    { name: "instance_id", kind: { is: "string" }, need: "required" },
    { name: "session_id", kind: { is: "string" }, need: "required" },
    { name: "epoch", kind: { is: "integer", least: -9007199254740991, most: 9007199254740991 }, need: "required" },
    { name: "heartbeat_ms", kind: { is: "integer", least: 0, most: 9007199254740991 }, need: "required" },
  ],
  ExplainParams: [
    { name: "selector", kind: { is: "message", name: "SurfaceSelector" }, need: "required" },
    { name: "draft", kind: { is: "boolean" }, need: { default: false } },
  ],
  ExplainRow: [
    { name: "interface", kind: { is: "string" }, need: "required" },
    { name: "chosen", kind: { is: "boolean" }, need: "required" },
    { name: "best_grade", kind: { is: "choice", values: ["claim", "readback", "host", "witness"] }, need: "required" },
    { name: "authority", kind: { is: "integer", least: -9007199254740991, most: 9007199254740991 }, need: "required" },
    { name: "cost", kind: { is: "integer", least: -9007199254740991, most: 9007199254740991 }, need: "required" },
    { name: "surface", kind: { is: "string" }, need: "optional" },
    { name: "reason", kind: { is: "string" }, need: "optional" },
    { name: "asks", kind: { is: "string" }, need: "optional" },
  ],
  ExplainResult: [
    { name: "rows", kind: { is: "list", of: { is: "message", name: "ExplainRow" } }, need: "required" },
    { name: "surfaces", kind: { is: "list", of: { is: "string" } }, need: "required" },
    { name: "others", kind: { is: "list", of: { is: "string" } }, need: "required" },
    { name: "message", kind: { is: "string" }, need: "optional" },
  ],
  InterfaceView: [
    { name: "id", kind: { is: "string", least: 1, most: 256 }, need: "required" },
    { name: "title", kind: { is: "string" }, need: "required" },
    { name: "family", kind: { is: "string", least: 1, most: 256 }, need: "required" },
    { name: "direction", kind: { is: "string", least: 1, most: 256 }, need: "required" },
    { name: "status", kind: { is: "choice", values: ["built", "planned", "ruled_out"] }, need: "required" },
    { name: "best_grade", kind: { is: "choice", values: ["claim", "readback", "host", "witness"] }, need: "required" },
    { name: "can_confirm_submit", kind: { is: "boolean" }, need: "required" },
    { name: "trust", kind: { is: "string", least: 1, most: 256 }, need: "required" },
    { name: "products", kind: { is: "list", of: { is: "string" } }, need: "required" },
    { name: "blocking_modes", kind: { is: "list", of: { is: "string" } }, need: "required" },
    { name: "status_reason", kind: { is: "string" }, need: "optional" },
  ],
  InterfacesListResult: [
    { name: "interfaces", kind: { is: "list", of: { is: "message", name: "InterfaceView" } }, need: "required" },
    { name: "problems", kind: { is: "list", of: { is: "string" } }, need: "required" },
  ],
  LedgerTailParams: [
    { name: "after_seq", kind: { is: "integer", least: -9007199254740991, most: 9007199254740991 }, need: "optional" },
    { name: "limit", kind: { is: "integer", least: 1, most: 1000 }, need: { default: 50 } },
  ],
  LedgerRow: [
    { name: "seq", kind: { is: "integer", least: -9007199254740991, most: 9007199254740991 }, need: "required" },
    { name: "at_ms", kind: { is: "integer", least: 0, most: 9007199254740991 }, need: "required" },
    { name: "kind", kind: { is: "string", least: 1, most: 256 }, need: "required" },
    { name: "body", kind: { is: "string" }, need: "required" },
    { name: "hash", kind: { is: "string" }, need: "required" },
    { name: "drive_id", kind: { is: "string" }, need: "optional" },
  ],
  LedgerTailResult: [
    { name: "rows", kind: { is: "list", of: { is: "message", name: "LedgerRow" } }, need: "required" },
  ],
  LedgerVerifyResult: [
    { name: "verdict", kind: { is: "choice", values: ["intact", "tampered", "unreadable"] }, need: "required" },
    { name: "rows", kind: { is: "integer", least: -9007199254740991, most: 9007199254740991 }, need: "required" },
    { name: "torn_tail", kind: { is: "boolean" }, need: "required" },
    { name: "keyed", kind: { is: "boolean" }, need: "required" },
    { name: "seq", kind: { is: "integer", least: -9007199254740991, most: 9007199254740991 }, need: "optional" },
    { name: "message", kind: { is: "string" }, need: "optional" },
  ],
  LogMessage: [
    { name: "level", kind: { is: "choice", values: ["debug", "info", "warning", "error"] }, need: "required" },
    { name: "message", kind: { is: "string" }, need: "required" },
  ],
  Lookup: [
    { name: "kind", kind: { is: "string", least: 1, most: 256 }, need: "required" },
    { name: "name", kind: { is: "string" }, need: "required" },
    { name: "found", kind: { is: "boolean" }, need: "required" },
    { name: "detail", kind: { is: "string" }, need: "optional" },
  ],
  SelfTestResult: [
    { name: "lookups", kind: { is: "list", of: { is: "message", name: "Lookup" } }, need: "required" },
  ],
  RecoveryView: [
    { name: "recovery", kind: { is: "string", least: 1, most: 256 }, need: "required" },
    { name: "title", kind: { is: "string" }, need: "required" },
    { name: "place", kind: { is: "choice", values: ["daemon", "command", "operator"] }, need: "required" },
    { name: "risk", kind: { is: "string", least: 1, most: 256 }, need: "required" },
    { name: "command", kind: { is: "string" }, need: "optional" },
  ],
  RecoveriesListResult: [
    { name: "recoveries", kind: { is: "list", of: { is: "message", name: "RecoveryView" } }, need: "required" },
    { name: "drives_unknown", kind: { is: "list", of: { is: "string" } }, need: "required" },
    { name: "queues", kind: { is: "list", of: { is: "message", name: "QueueView" } }, need: "required" },
  ],
  RecoveryRunParams: [
    { name: "run_id", kind: { is: "string", least: 1, most: 256 }, need: "required" },
    { name: "recovery", kind: { is: "string", least: 1, most: 256 }, need: "required" },
    { name: "window", kind: { is: "string" }, need: "optional" },
    { name: "drive_id", kind: { is: "string", pattern: "^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$" }, need: "optional" },
    { name: "dry_run", kind: { is: "boolean" }, need: { default: false } },
  ],
  CheckedAgain: [
    { name: "id", kind: { is: "string", least: 1, most: 256 }, need: "required" },
    { name: "state", kind: { is: "choice", values: ["ok", "found", "crashed", "hung"] }, need: "required" },
    { name: "problems", kind: { is: "list", of: { is: "string" } }, need: "required" },
  ],
  RecoveryRunResult: [
    { name: "run_id", kind: { is: "string", least: 1, most: 256 }, need: "required" },
    { name: "recovery", kind: { is: "string", least: 1, most: 256 }, need: "required" },
    { name: "state", kind: { is: "choice", values: ["planned", "waiting", "denied", "not_needed", "done", "unproven", "failed", "by_hand"] }, need: "required" },
    { name: "said", kind: { is: "list", of: { is: "string" } }, need: "required" },
    { name: "checks", kind: { is: "list", of: { is: "message", name: "CheckedAgain" } }, need: "required" },
    { name: "approval", kind: { is: "message", name: "ApprovalView" }, need: "optional" },
  ],
  RecoveryRecordParams: [
    { name: "run_id", kind: { is: "string", least: 1, most: 256 }, need: "required" },
    { name: "recovery", kind: { is: "string", least: 1, most: 256 }, need: "required" },
    { name: "phase", kind: { is: "choice", values: ["begun", "ended"] }, need: "required" },
    { name: "said", kind: { is: "list", of: { is: "string" } }, need: "required" },
    { name: "state", kind: { is: "choice", values: ["planned", "waiting", "denied", "not_needed", "done", "unproven", "failed", "by_hand"] }, need: "optional" },
  ],
  SessionsListResult: [
    { name: "sessions", kind: { is: "list", of: { is: "message", name: "SessionView" } }, need: "required" },
  ],
  SelfTestParams: [
    { name: "session_id", kind: { is: "string", least: 1, most: 256 }, need: "required" },
  ],
  SurfacesChanged: [
    { name: "surfaces", kind: { is: "list", of: { is: "message", name: "SurfaceInfo" } }, need: "required" },
  ],
  GrantView: [
    { name: "workspace", kind: { is: "string", least: 1, most: 4096 }, need: "required" },
    { name: "interface", kind: { is: "string", least: 1, most: 256 }, need: "required" },
    { name: "level", kind: { is: "choice", values: ["observe", "draft", "send", "autonomous"] }, need: "required" },
  ],
  DefaultTrust: [
    { name: "interface", kind: { is: "string", least: 1, most: 256 }, need: "required" },
    { name: "level", kind: { is: "choice", values: ["observe", "draft", "send", "autonomous"] }, need: "required" },
  ],
  TrustListResult: [
    { name: "grants", kind: { is: "list", of: { is: "message", name: "GrantView" } }, need: "required" },
    { name: "defaults", kind: { is: "list", of: { is: "message", name: "DefaultTrust" } }, need: "required" },
    { name: "rules", kind: { is: "integer", least: -9007199254740991, most: 9007199254740991 }, need: "required" },
    { name: "default", kind: { is: "choice", values: ["allow", "ask", "deny"] }, need: "required" },
    { name: "secrets_in_prompts", kind: { is: "choice", values: ["allow", "warn", "ask", "deny"] }, need: "required" },
    { name: "directory", kind: { is: "string" }, need: "required" },
    { name: "problem", kind: { is: "string" }, need: "optional" },
  ],
  TrustSetParams: [
    { name: "workspace", kind: { is: "string", least: 1, most: 4096 }, need: "required" },
    { name: "interface", kind: { is: "string", least: 1, most: 256 }, need: "required" },
    { name: "level", kind: { is: "choice", values: ["observe", "draft", "send", "autonomous"] }, need: "optional" },
  ],
};

/** The names of the wire. `result` is null for notifications. */
export interface Methods {
  readonly "initialize": { readonly params: InitializeParams; readonly result: InitializeResult };
  readonly "ping": { readonly params: Empty; readonly result: Empty };
  readonly "chat/deliver": { readonly params: DeliverParams; readonly result: DeliverResult };
  readonly "chat/open": { readonly params: ChatOpenParams; readonly result: CommandResult };
  readonly "chat/cancel": { readonly params: ChatCancelParams; readonly result: CommandResult };
  readonly "drive/lookup": { readonly params: LookupParams; readonly result: LookupResult };
  readonly "commands/list": { readonly params: CommandsListParams; readonly result: CommandsListResult };
  readonly "window/reload": { readonly params: Empty; readonly result: CommandResult };
  readonly "plugin/selftest": { readonly params: Empty; readonly result: SelfTestResult };
  readonly "chat/event": { readonly params: ChatEvent; readonly result: null };
  readonly "surfaces/changed": { readonly params: SurfacesChanged; readonly result: null };
  readonly "log/message": { readonly params: LogMessage; readonly result: null };
  readonly "drive/start": { readonly params: DriveStartParams; readonly result: DriveView };
  readonly "drive/get": { readonly params: DriveGetParams; readonly result: DriveView };
  readonly "drive/list": { readonly params: DriveListParams; readonly result: DriveListResult };
  readonly "drive/wait": { readonly params: DriveWaitParams; readonly result: DriveView };
  readonly "drive/cancel": { readonly params: DriveGetParams; readonly result: DriveView };
  readonly "events/subscribe": { readonly params: SubscribeParams; readonly result: SubscribeResult };
  readonly "sessions/list": { readonly params: Empty; readonly result: SessionsListResult };
  readonly "sessions/selftest": { readonly params: SelfTestParams; readonly result: SelfTestResult };
  readonly "interfaces/explain": { readonly params: ExplainParams; readonly result: ExplainResult };
  readonly "interfaces/list": { readonly params: Empty; readonly result: InterfacesListResult };
  readonly "trust/list": { readonly params: Empty; readonly result: TrustListResult };
  readonly "trust/set": { readonly params: TrustSetParams; readonly result: TrustListResult };
  readonly "approvals/list": { readonly params: ApprovalsListParams; readonly result: ApprovalsListResult };
  readonly "approvals/decide": { readonly params: ApprovalDecideParams; readonly result: ApprovalView };
  readonly "goals/start": { readonly params: GoalStartParams; readonly result: GoalView };
  readonly "goals/get": { readonly params: GoalGetParams; readonly result: GoalView };
  readonly "goals/list": { readonly params: GoalListParams; readonly result: GoalListResult };
  readonly "goals/pause": { readonly params: GoalGetParams; readonly result: GoalView };
  readonly "goals/resume": { readonly params: GoalGetParams; readonly result: GoalView };
  readonly "goals/stop": { readonly params: GoalGetParams; readonly result: GoalView };
  readonly "goals/answer": { readonly params: GoalAnswerParams; readonly result: GoalView };
  readonly "ledger/tail": { readonly params: LedgerTailParams; readonly result: LedgerTailResult };
  readonly "ledger/verify": { readonly params: Empty; readonly result: LedgerVerifyResult };
  readonly "doctor/run": { readonly params: DoctorRunParams; readonly result: DoctorRunResult };
  readonly "recovery/list": { readonly params: Empty; readonly result: RecoveriesListResult };
  readonly "recovery/run": { readonly params: RecoveryRunParams; readonly result: RecoveryRunResult };
  readonly "recovery/record": { readonly params: RecoveryRecordParams; readonly result: Empty };
  readonly "desk/inject": { readonly params: DeskInjectParams; readonly result: DeskInjectResult };
  readonly "desk/calibrate": { readonly params: DeskCalibrateParams; readonly result: DeskCalibrateResult };
  readonly "desk/stop": { readonly params: Empty; readonly result: DeskStopResult };
  readonly "daemon/status": { readonly params: Empty; readonly result: StatusResult };
  readonly "daemon/stop": { readonly params: Empty; readonly result: Empty };
  readonly "chats/list": { readonly params: ChatsListParams; readonly result: ChatsListResult };
  readonly "events/event": { readonly params: Event; readonly result: null };
  readonly "events/chat": { readonly params: ChatView; readonly result: null };
  readonly "events/store": { readonly params: StoreFault; readonly result: null };
}

export type Method = keyof Methods;
/** What a plugin must answer. */
export type PluginMethod =
  | "ping"
  | "chat/deliver"
  | "chat/open"
  | "chat/cancel"
  | "drive/lookup"
  | "commands/list"
  | "window/reload"
  | "plugin/selftest";

export const METHODS: {
  readonly [M in Method]: {
    readonly answeredBy: "daemon" | "plugin" | "client" | "any";
    readonly askedBy: readonly Role[];
    readonly params: MessageName;
    readonly result: MessageName | null;
  };
} = {
  "initialize": { answeredBy: "daemon", askedBy: ["client", "operator", "plugin"], params: "InitializeParams", result: "InitializeResult" },
  "ping": { answeredBy: "any", askedBy: ["client", "operator", "plugin"], params: "Empty", result: "Empty" },
  "chat/deliver": { answeredBy: "plugin", askedBy: ["client", "operator", "plugin"], params: "DeliverParams", result: "DeliverResult" },
  "chat/open": { answeredBy: "plugin", askedBy: ["client", "operator", "plugin"], params: "ChatOpenParams", result: "CommandResult" },
  "chat/cancel": { answeredBy: "plugin", askedBy: ["client", "operator", "plugin"], params: "ChatCancelParams", result: "CommandResult" },
  "drive/lookup": { answeredBy: "plugin", askedBy: ["client", "operator", "plugin"], params: "LookupParams", result: "LookupResult" },
  "commands/list": { answeredBy: "plugin", askedBy: ["client", "operator", "plugin"], params: "CommandsListParams", result: "CommandsListResult" },
  "window/reload": { answeredBy: "plugin", askedBy: ["client", "operator", "plugin"], params: "Empty", result: "CommandResult" },
  "plugin/selftest": { answeredBy: "plugin", askedBy: ["client", "operator", "plugin"], params: "Empty", result: "SelfTestResult" },
  "chat/event": { answeredBy: "daemon", askedBy: ["plugin"], params: "ChatEvent", result: null },
  "surfaces/changed": { answeredBy: "daemon", askedBy: ["plugin"], params: "SurfacesChanged", result: null },
  "log/message": { answeredBy: "daemon", askedBy: ["plugin"], params: "LogMessage", result: null },
  "drive/start": { answeredBy: "daemon", askedBy: ["client", "operator"], params: "DriveStartParams", result: "DriveView" },
  "drive/get": { answeredBy: "daemon", askedBy: ["client", "operator"], params: "DriveGetParams", result: "DriveView" },
  "drive/list": { answeredBy: "daemon", askedBy: ["client", "operator"], params: "DriveListParams", result: "DriveListResult" },
  "drive/wait": { answeredBy: "daemon", askedBy: ["client", "operator"], params: "DriveWaitParams", result: "DriveView" },
  "drive/cancel": { answeredBy: "daemon", askedBy: ["client", "operator"], params: "DriveGetParams", result: "DriveView" },
  "events/subscribe": { answeredBy: "daemon", askedBy: ["client", "operator"], params: "SubscribeParams", result: "SubscribeResult" },
  "sessions/list": { answeredBy: "daemon", askedBy: ["client", "operator"], params: "Empty", result: "SessionsListResult" },
  "sessions/selftest": { answeredBy: "daemon", askedBy: ["client", "operator"], params: "SelfTestParams", result: "SelfTestResult" },
  "interfaces/explain": { answeredBy: "daemon", askedBy: ["client", "operator"], params: "ExplainParams", result: "ExplainResult" },
  "interfaces/list": { answeredBy: "daemon", askedBy: ["client", "operator"], params: "Empty", result: "InterfacesListResult" },
  "trust/list": { answeredBy: "daemon", askedBy: ["client", "operator"], params: "Empty", result: "TrustListResult" },
  "trust/set": { answeredBy: "daemon", askedBy: ["operator"], params: "TrustSetParams", result: "TrustListResult" },
  "approvals/list": { answeredBy: "daemon", askedBy: ["client", "operator"], params: "ApprovalsListParams", result: "ApprovalsListResult" },
  "approvals/decide": { answeredBy: "daemon", askedBy: ["operator"], params: "ApprovalDecideParams", result: "ApprovalView" },
  "goals/start": { answeredBy: "daemon", askedBy: ["operator"], params: "GoalStartParams", result: "GoalView" },
  "goals/get": { answeredBy: "daemon", askedBy: ["client", "operator"], params: "GoalGetParams", result: "GoalView" },
  "goals/list": { answeredBy: "daemon", askedBy: ["client", "operator"], params: "GoalListParams", result: "GoalListResult" },
  "goals/pause": { answeredBy: "daemon", askedBy: ["client", "operator"], params: "GoalGetParams", result: "GoalView" },
  "goals/resume": { answeredBy: "daemon", askedBy: ["operator"], params: "GoalGetParams", result: "GoalView" },
  "goals/stop": { answeredBy: "daemon", askedBy: ["client", "operator"], params: "GoalGetParams", result: "GoalView" },
  "goals/answer": { answeredBy: "daemon", askedBy: ["operator"], params: "GoalAnswerParams", result: "GoalView" },
  "ledger/tail": { answeredBy: "daemon", askedBy: ["client", "operator"], params: "LedgerTailParams", result: "LedgerTailResult" },
  "ledger/verify": { answeredBy: "daemon", askedBy: ["client", "operator"], params: "Empty", result: "LedgerVerifyResult" },
  "doctor/run": { answeredBy: "daemon", askedBy: ["client", "operator"], params: "DoctorRunParams", result: "DoctorRunResult" },
  "recovery/list": { answeredBy: "daemon", askedBy: ["client", "operator"], params: "Empty", result: "RecoveriesListResult" },
  "recovery/run": { answeredBy: "daemon", askedBy: ["client", "operator"], params: "RecoveryRunParams", result: "RecoveryRunResult" },
  "recovery/record": { answeredBy: "daemon", askedBy: ["operator"], params: "RecoveryRecordParams", result: "Empty" },
  "desk/inject": { answeredBy: "daemon", askedBy: ["operator"], params: "DeskInjectParams", result: "DeskInjectResult" },
  "desk/calibrate": { answeredBy: "daemon", askedBy: ["operator"], params: "DeskCalibrateParams", result: "DeskCalibrateResult" },
  "desk/stop": { answeredBy: "daemon", askedBy: ["client", "operator"], params: "Empty", result: "DeskStopResult" },
  "daemon/status": { answeredBy: "daemon", askedBy: ["client", "operator"], params: "Empty", result: "StatusResult" },
  "daemon/stop": { answeredBy: "daemon", askedBy: ["client", "operator"], params: "Empty", result: "Empty" },
  "chats/list": { answeredBy: "daemon", askedBy: ["client", "operator"], params: "ChatsListParams", result: "ChatsListResult" },
  "events/event": { answeredBy: "client", askedBy: ["client", "operator", "plugin"], params: "Event", result: null },
  "events/chat": { answeredBy: "client", askedBy: ["client", "operator", "plugin"], params: "ChatView", result: null },
  "events/store": { answeredBy: "client", askedBy: ["client", "operator", "plugin"], params: "StoreFault", result: null },
};
