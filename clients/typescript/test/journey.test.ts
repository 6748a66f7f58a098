import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError, type Hold } from "@bookme/client";
import { client, wanted } from "./support.ts";

test("a meeting is booked, changed, moved and cancelled", async () => {
  const bookme = client();
  const [offer, plan] = await wanted(bookme);

  const hold = await bookme.hold(offer, plan);
  assert.equal(hold.timeSlot.status, "Reserved");
  assert.deepEqual(hold.start, new Date(offer.startDate));
  await hold.confirm();
  assert.equal(hold.timeSlot.status, "Booked");

  const meeting = await hold.createMeeting({ title: "Advice" });
  assert.equal(meeting.data.bookedBy, "customer");
  assert.equal(hold.timeLeft, 0);
  assert.match(await meeting.ics(), /SUMMARY:Advice\r\n/);
  assert.match(await meeting.ics({ title: "Our first home" }), /SUMMARY:Our first home\r\n/);

  const stale = await bookme.meeting(meeting.id);
  await meeting.change({ title: "Better advice", description: "Bring payslips" });
  await meeting.change({ description: null });
  assert.deepEqual([meeting.data.title, meeting.data.description], ["Better advice", undefined]);
  const refused = await stale.change({ title: "Worse" }, { onlyIfUnchanged: true }).catch((error) => error);
  assert.ok(refused instanceof ApiError && refused.is("MEETING_CHANGED"), refused);

  const [later] = await wanted(bookme, 20);
  await meeting.move(later, { onlyIfUnchanged: true });
  assert.deepEqual(meeting.start, new Date(later.startDate));
  assert.deepEqual((await stale.refresh()).data, meeting.data);

  const cancelled = await meeting.cancel("The customer is ill");
  assert.equal(cancelled.reason, "The customer is ill");
  assert.match(await meeting.ics(), /METHOD:CANCEL/);
});

test("a hold that is not confirmed first is confirmed by createMeeting", async () => {
  const bookme = client();
  const [offer, plan] = await wanted(bookme);
  const meeting = await (await bookme.hold(offer, plan)).createMeeting();
  assert.equal(meeting.data.customerId, "customer-4711");
  await meeting.cancel();
});

test("a released hold is offered again, and `await using` releases", async () => {
  const bookme = client();
  const [offer, plan] = await wanted(bookme);
  const hold = await bookme.hold(offer, plan);
  await hold.release();
  let inBlock: Hold;
  {
    await using again = await bookme.hold(offer, plan);
    assert.notEqual(again.id, hold.id);
    inBlock = again;
  }
  assert.equal(inBlock.timeLeft, 0);
  const gone = await inBlock.refresh().catch((error) => error);
  assert.ok(gone instanceof ApiError && gone.status === 404, gone);
  await using _ = await bookme.hold(offer, plan);
});

test("the block of `await using` keeps a confirmed hold and a meeting, and its own error", async () => {
  const bookme = client();
  const [offer, plan] = await wanted(bookme);
  const confirm = async () => {
    await using hold = await bookme.hold(offer, plan);
    throw new Error(JSON.stringify(await hold.confirm()));
  };
  const { message } = await confirm().catch((error) => error);
  const confirmed = await bookme.resumeHold(JSON.parse(message));
  const book = async () => {
    await using hold = confirmed;
    return await hold.createMeeting();
  };
  const meeting = await bookme.meeting((await book()).id);
  await meeting.cancel();
  const give = async () => {
    await using hold = await bookme.hold(offer, plan);
    await hold.release();
    throw new Error("mine");
  };
  await assert.rejects(give, /^Error: mine$/);
});

test("the time left is counted by the server's clock, also when the local clock is wrong", async () => {
  const bookme = client();
  const [offer, plan] = await wanted(bookme);
  const { now } = Date;
  Date.now = () => now() + 3_600_000;
  try {
    await using hold = await bookme.hold(offer, plan);
    const ttl = Date.parse(hold.timeSlot.holdExpiresAt ?? "") - Date.parse(hold.timeSlot.dateModified);
    assert.ok(hold.timeLeft > ttl - 5_000 && hold.timeLeft <= ttl, `${hold.timeLeft} of ${ttl}`);
    const before = hold.timeLeft;
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.ok(hold.timeLeft < before);
    assert.ok(hold.expiresAt && hold.expiresAt > new Date(hold.timeSlot.dateCreated));
  } finally {
    Date.now = now;
  }
});

test("another process continues with a saved hold", async () => {
  const [offer, plan] = await wanted(client());
  const saved = JSON.stringify(await client().hold(offer, plan));
  const hold = await client().resumeHold(JSON.parse(saved));
  assert.ok(hold.timeLeft > 60_000);
  const meeting = await hold.createMeeting({ title: "Continued" });
  assert.equal(meeting.data.topicId, offer.meetingTopicId);
  await meeting.cancel();
});

test("a hold can be extended once", async () => {
  const bookme = client();
  const hold = await bookme.hold(...(await wanted(bookme)));
  const { expiresAt } = hold;
  await hold.extend();
  assert.ok(hold.expiresAt && expiresAt && hold.expiresAt > expiresAt);
  await assert.rejects(hold.extend(), { status: 409 });
  await hold.release();
});
