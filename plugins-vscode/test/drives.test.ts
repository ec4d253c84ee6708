/** At most once, and a true answer, whatever the interface does and whenever the process ends. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { Drives } from "../src/drives";
import { declined, type Declined, DONE, type Ending, lost, type Task } from "../src/hosts/delivery";
import { type Entry, Journal } from "../src/journal";
import type { DeliverParams, FactReport } from "../src/protocol.gen";
import { textSha } from "../src/textHash";

const NATIVE = "vscode_native_send";
const GONE_PID = 2 ** 22 + 1;

function order(driveId: string, changes: Partial<DeliverParams> = {}): DeliverParams {
  const text = changes.text ?? "the secret prompt";
  const where = { surface_id: "chat", interface: NATIVE, target: { new_chat: false } };
  return {
    drive_id: driveId,
    epoch: 3,
    ...where,
    text,
    text_sha: textSha(text),
    submit: true,
    answer_within_ms: 60_000,
    ...changes,
  };
}

/** A gate that a test opens when it likes. */
function gate<T = void>() {
  let open: (value: T) => void = () => undefined;
  const opened = new Promise<T>((resolve) => (open = resolve));
  return { open, opened };
}

async function house(
  t: TestContext,
  act: (task: Task) => Promise<Ending>,
  refusal?: () => Promise<Declined | undefined>,
) {
  const folder = await mkdtemp(join(tmpdir(), "koru-drives-"));
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, "window.jsonl");
  const told: { readonly id: string; readonly fact: FactReport }[] = [];
  const failed: string[] = [];
  let acts = 0;
  const counted = (task: Task) => ((acts += 1), act(task));
  const open = async () => {
    const journal = await Journal.open(path);
    t.after(() => journal.close().catch(() => undefined));
    const drives = new Drives({
      journal,
      deliveries: () => [NATIVE, "other"].map((id) => ({ id, act: counted })),
      refusal: refusal ?? (() => Promise.resolve(undefined)),
      tell: (_surface, id, fact) => told.push({ id, fact }),
      failed: (where) => failed.push(where),
    });
    return { journal, drives };
  };
  return { ...(await open()), reopen: open, told, failed, acts: () => acts };
}

const confirmed = async (task: Task): Promise<Ending> => {
  await task.touch();
  task.handOver();
  task.learn("submitted", "host");
  return DONE;
};

test("a delivery answers its facts, about the text that was asked for", async (t) => {
  const { drives, journal } = await house(t, confirmed);
  const answer = await drives.deliver(order("d"));
  assert.equal(answer.disposition, "done");
  assert.deepEqual(
    answer.facts.map((fact) => [fact.kind, fact.grade, fact.text_sha]),
    [["submitted", "host", textSha("the secret prompt")]],
  );
  assert.equal(journal.find("d")?.state, "submitted");
  assert(!JSON.stringify(journal.find("d")).includes("secret"));
});

test("it is on disk as begun before the interface runs, and as touched before it touches", async (t) => {
  const seen: (string | undefined)[] = [];
  const rig = await house(t, async (task) => {
    seen.push(rig.journal.find("d")?.state);
    await task.touch();
    seen.push(rig.journal.find("d")?.state);
    return DONE;
  });
  await rig.drives.deliver(order("d"));
  assert.deepEqual(seen, ["begun", "touched"]);
});

test("the same id is answered again without a second act, also by the next process", async (t) => {
  const rig = await house(t, confirmed);
  const first = await rig.drives.deliver(order("d"));
  const again = await rig.drives.deliver(order("d", { epoch: 4 }));
  const { drives } = await rig.reopen();
  const after = await drives.deliver(order("d", { epoch: 5 }));
  assert.equal(rig.acts(), 1);
  for (const answer of [again, after]) assert.deepEqual([answer.disposition, answer.facts], ["done", first.facts]);
  assert.deepEqual([first.epoch, again.epoch, after.epoch], [3, 4, 5]);
});

test("the same id asked while it runs joins it", async (t) => {
  const go = gate();
  const rig = await house(t, async (task) => (await go.opened, confirmed(task)));
  const answers = [rig.drives.deliver(order("d")), rig.drives.deliver(order("d"))];
  go.open();
  assert.deepEqual(
    (await Promise.all(answers)).map((each) => each.disposition),
    ["done", "done"],
  );
  assert.equal(rig.acts(), 1);
});

test("the same id with another text is a conflict, running or over", async (t) => {
  const go = gate();
  const rig = await house(t, async (task) => (await go.opened, confirmed(task)));
  const running = rig.drives.deliver(order("d"));
  await assert.rejects(rig.drives.deliver(order("d", { text: "another" })), { reason: "id_conflict" });
  go.open();
  await running;
  await assert.rejects(rig.drives.deliver(order("d", { text: "another" })), { reason: "id_conflict" });
});

test("a text that is blank or not the one of its hash is refused", async (t) => {
  const rig = await house(t, confirmed);
  await assert.rejects(rig.drives.deliver(order("d", { text: " \n" })), { reason: "invalid_params" });
  await assert.rejects(rig.drives.deliver(order("d", { text_sha: textSha("x") })), { reason: "invalid_params" });
  assert.deepEqual([rig.acts(), rig.journal.find("d")], [0, undefined]);
});

test("what takes longer is pending; what is learned later is told, once", async (t) => {
  const go = gate();
  const handed = gate();
  const rig = await house(t, async (task) => {
    task.whenPending(() => task.learn("submitted", "claim"));
    await task.touch();
    task.handOver();
    handed.open();
    await go.opened;
    task.learn("submitted", "host");
    task.learn("turn_ended", "host");
    return DONE;
  });
  const answer = await rig.drives.deliver(order("d", { answer_within_ms: 1 }));
  assert.equal(answer.disposition, "pending");
  await handed.opened;
  const running = await rig.drives.lookup("d");
  assert.deepEqual([running.in_flight, running.state], [true, "touched"]);
  go.open();
  const joined = await rig.drives.deliver(order("d"));
  assert.deepEqual(
    joined.facts.map((fact) => [fact.kind, fact.grade]),
    [
      ["submitted", "claim"],
      ["submitted", "host"],
      ["turn_ended", "host"],
    ],
  );
  // The claim is in the answer, or told: it depends on which came first.
  assert.deepEqual([...answer.facts, ...rig.told.map(({ fact }) => fact)], joined.facts);
  const over = await rig.drives.lookup("d");
  assert.deepEqual([over.in_flight, over.state, over.facts.length], [false, "submitted", 3]);
});

test("a second drive is declined until the first is with the host and was answered", async (t) => {
  const hand = gate();
  const end = gate();
  const handed = gate();
  const rig = await house(t, async (task) => {
    await task.touch();
    await hand.opened;
    task.handOver();
    handed.open();
    await end.opened;
    return DONE;
  });
  assert.equal((await rig.drives.deliver(order("first", { answer_within_ms: 1 }))).disposition, "pending");
  assert.equal((await rig.drives.deliver(order("second"))).blocker, "surface_busy");
  hand.open();
  await handed.opened;
  const third = rig.drives.deliver(order("third"));
  end.open();
  assert.equal((await third).disposition, "done");
});

test("a declined drive touched nothing, and another interface may act for it", async (t) => {
  let times = 0;
  const rig = await house(t, (task) =>
    (times += 1) === 1 ? Promise.resolve(declined("input_busy", "a draft")) : confirmed(task),
  );
  const first = await rig.drives.deliver(order("d"));
  assert.deepEqual(
    [first.disposition, first.blocker, rig.journal.find("d")?.state],
    ["declined", "input_busy", "declined"],
  );
  assert.equal((await rig.drives.deliver(order("d", { interface: "other" }))).disposition, "done");
});

test("what cannot be done here is declined before anything is written", async (t) => {
  const untrusted = () => Promise.resolve(declined("workspace_untrusted", "not trusted"));
  const rig = await house(t, confirmed, untrusted);
  assert.equal((await rig.drives.deliver(order("d"))).blocker, "workspace_untrusted");
  const other = await house(t, confirmed);
  assert.equal((await other.drives.deliver(order("d", { interface: "x11" }))).blocker, "interface_unavailable");
  assert.deepEqual([rig.acts(), rig.journal.find("d"), other.journal.find("d")], [0, undefined, undefined]);
});

test("a look-up of an unknown drive closes it, also for the next process", async (t) => {
  const rig = await house(t, confirmed);
  const answers = await Promise.all([rig.drives.lookup("d"), rig.drives.deliver(order("d"))]);
  assert.equal(answers[0].state, "absent");
  assert.equal(answers[1].blocker, "drive_closed");
  const { drives } = await rig.reopen();
  assert.equal((await drives.deliver(order("d"))).blocker, "drive_closed");
  assert.equal((await drives.lookup("d")).state, "absent");
  assert.equal(rig.acts(), 0);
});

test("an interface that throws was lost, unless it had touched nothing", async (t) => {
  const early = await house(t, () => Promise.reject(new TypeError("the secret prompt")));
  const late = await house(t, async (task) => (await task.touch(), Promise.reject(new TypeError("the secret prompt"))));
  const answers = [await early.drives.deliver(order("d")), await late.drives.deliver(order("d"))];
  assert.deepEqual(
    answers.map((each) => each.disposition),
    ["declined", "lost"],
  );
  assert(!JSON.stringify([answers, early.failed, late.failed]).includes("secret"));
});

test("an end of the process is read from the journal", async (t) => {
  const rig = await house(t, confirmed);
  const died = (drive_id: string, state: Entry["state"], pid: number): Entry => {
    return { drive_id, state, pid, at_ms: 1, facts: [], text_sha: textSha("the secret prompt") };
  };
  await rig.journal.write(died("before", "begun", GONE_PID));
  await rig.journal.write(died("somewhere", "touched", GONE_PID));
  await rig.journal.write(died("elsewhere", "begun", process.ppid));
  const states = await Promise.all(["before", "somewhere", "elsewhere"].map((id) => rig.drives.lookup(id)));
  assert.deepEqual(
    states.map(({ state, in_flight }) => [state, in_flight]),
    [
      ["declined", false],
      ["touched", false],
      ["begun", false],
    ],
  );
  const answers = [];
  for (const id of ["before", "somewhere", "elsewhere"])
    answers.push((await rig.drives.deliver(order(id))).disposition);
  assert.deepEqual(answers, ["done", "lost", "lost"]);
  assert.equal(rig.acts(), 1);
});

test("without a journal nothing is begun", async (t) => {
  const rig = await house(t, confirmed);
  await rig.journal.close();
  const answer = await rig.drives.deliver(order("d"));
  assert.deepEqual([answer.disposition, answer.blocker, rig.acts()], ["declined", "journal_unwritable", 0]);
});

test("the same drive asked twice while the window is asked first is still one", async (t) => {
  const answered = gate();
  const rig = await house(t, confirmed, () => answered.opened.then(() => undefined));
  const answers = [rig.drives.deliver(order("d")), rig.drives.deliver(order("d")), rig.drives.deliver(order("other"))];
  answered.open();
  const [first, second, other] = await Promise.all(answers);
  assert.deepEqual([first?.disposition, second?.disposition, other?.blocker], ["done", "done", "surface_busy"]);
  assert.equal(rig.acts(), 1);
});

test("a drive closed while the window is asked is not begun", async (t) => {
  const answered = gate();
  const rig = await house(t, confirmed, () => answered.opened.then(() => undefined));
  const asked = rig.drives.deliver(order("d"));
  assert.equal((await rig.drives.lookup("d")).state, "absent");
  answered.open();
  assert.deepEqual([(await asked).blocker, rig.acts()], ["drive_closed", 0]);
});

test("a lost delivery says so again", async (t) => {
  const rig = await house(t, async (task) => (await task.touch(), lost("no turn came back")));
  for (let time = 0; time < 2; time += 1) {
    const answer = await rig.drives.deliver(order("d"));
    assert.deepEqual([answer.disposition, answer.message], ["lost", "no turn came back"]);
  }
  assert.equal(rig.acts(), 1);
});

test("what an interface says is kept short", async (t) => {
  const rig = await house(
    t,
    (task) => (task.learn("turn_failed", "host", "\u{1F600}".repeat(1000)), Promise.resolve(DONE)),
  );
  const answer = await rig.drives.deliver(order("d"));
  assert.equal(answer.facts[0]?.detail, "\u{1F600}".repeat(300));
});
