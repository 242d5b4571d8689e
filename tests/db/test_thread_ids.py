"""The ids of threads are written into tables and checkpoints: what one version made, the next one reads."""

from db.thread_ids import contact_of, kind_of, reply_thread, run_thread, touch_thread


def test_ids_say_what_their_thread_is_about() -> None:
    made = [touch_thread("c1", "s1", 2), reply_thread("i1"), run_thread("r1")]
    assert made == ["touch:c1:s1:2", "reply:i1", "run:r1"]
    assert [kind_of(thread) for thread in [*made, "plan:1", ""]] == ["touch", "reply", "run", "plan", ""]
    assert [contact_of(thread) for thread in [*made, "touch:", ""]] == ["c1", None, None, "", None]
