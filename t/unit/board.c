/* The answer board between two processes. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/clock.h"
#include "world/board.h"

static const uint64_t key[2] = { 0x1122334455667788, 0x99aabbccddeeff00 };

/* Runs one side in a child, with a pipe to it; what it returns is its status.
 * The child sees the board as a stranger would: by id and token only. */
struct child {
	pid_t	pid;
	int	tell;	/* a byte lets it go on */
};

static int	wait_fd;

static void
wait_turn(void)
{
	char c;

	if (read(wait_fd, &c, 1) != 1)
		_exit(90);
}

static struct child
run(int (*f)(struct board *), struct board *ours)
{
	struct child c;
	struct board b = *ours;
	int p[2];

	assert_int_equal(pipe(p), 0);
	c.pid = fork();
	assert_int_not_equal(c.pid, -1);
	if (c.pid == 0) {
		close(p[1]);
		wait_fd = p[0];
		board_close(ours);
		alarm(10);
		_exit(f(&b));
	}
	close(p[0]);
	c.tell = p[1];
	return c;
}

static void
go_on(const struct child *c)
{
	assert_int_equal(write(c->tell, "x", 1), 1);
}

static void
check_end(const struct child *c, int want)
{
	int status;

	assert_int_equal(waitpid(c->pid, &status, 0), c->pid);
	close(c->tell);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), want);
}

/* In a child, where assertions of cmocka have nowhere to go. */
#define NEED(x) do { if (!(x)) return __LINE__ & 127; } while (0)

static int
connect_to(struct board *mine, const struct board *theirs)
{
	return board_connect(mine, str_of(theirs->id), str_of(theirs->token));
}

/* ---- meeting ---- */

static int
listener(struct board *b)
{
	struct board mine;

	NEED(connect_to(&mine, b) == 0);
	NEED(mine.head->key[0] == key[0] && mine.head->key[1] == key[1]);
	NEED(board_peer(&mine));
	NEED(board_ready(&mine) == 0);
	wait_turn();
	NEED(!board_peer(&mine));
	board_close(&mine);
	return 0;
}

static void
meeting(void **state)
{
	struct board b;
	struct child c;
	char ids[2][BOARD_ID + 1];
	int flags;

	(void)state;
	assert_int_equal(board_create(&b, key), 0);
	assert_int_equal(strlen(b.id), BOARD_ID);
	assert_int_equal(strlen(b.token), BOARD_ID);
	assert_string_not_equal(b.id, b.token);
	/* it cannot be shrunk under a reader, and leaks into no program */
	assert_int_equal(ftruncate(b.fd, 0), -1);
	assert_int_equal(errno, EPERM);
	flags = fcntl(b.fd, F_GETFD);
	assert_true(flags & FD_CLOEXEC);
	memcpy(ids[0], b.id, sizeof(ids[0]));
	memcpy(ids[1], b.token, sizeof(ids[1]));
	c = run(listener, &b);
	assert_int_equal(board_await(&b, 5000), 1);
	assert_true(board_peer(&b));
	/* nobody else gets in any more */
	assert_int_equal(b.listener, -1);
	board_close(&b);
	go_on(&c);
	check_end(&c, 0);
	/* twice the same name or token would be no secret */
	assert_int_equal(board_create(&b, key), 0);
	assert_string_not_equal(b.id, ids[0]);
	assert_string_not_equal(b.token, ids[1]);
	board_close(&b);
}

static int
peer_that_dies(struct board *b)
{
	struct board mine;

	NEED(connect_to(&mine, b) == 0);
	NEED(board_ready(&mine) == 0);
	wait_turn();
	return 0;
}

static void
peer_gone(void **state)
{
	struct board b;
	struct child c;

	(void)state;
	assert_int_equal(board_create(&b, key), 0);
	c = run(peer_that_dies, &b);
	assert_int_equal(board_await(&b, 5000), 1);
	assert_true(board_peer(&b));
	go_on(&c);
	check_end(&c, 0);
	assert_false(board_peer(&b));
	board_close(&b);
}

static void
nobody(void **state)
{
	uint64_t t = clock_mono_ns();
	struct board b;

	(void)state;
	assert_int_equal(board_create(&b, key), 0);
	assert_int_equal(board_await(&b, 60), 0);
	t = clock_mono_ns() - t;
	assert_in_range(t, 60 * NS_PER_MS, 5000 * (uint64_t)NS_PER_MS);
	assert_false(board_peer(&b));
	/* it may still come */
	assert_int_not_equal(b.listener, -1);
	board_close(&b);
}

/* ---- strangers ---- */

static int
wrong_token(struct board *b)
{
	struct board mine;
	struct str id = str_of(b->id);
	char token[BOARD_ID + 1];

	memcpy(token, b->token, sizeof(token));
	token[BOARD_ID - 1] ^= 1;
	NEED(board_connect(&mine, id, str_of(token)) == -1);
	/* half a token, then nothing */
	NEED(board_connect(&mine, id, (struct str){ b->token, 0 }) == -1);
	return 0;
}

static void
strangers(void **state)
{
	struct board b;
	struct child bad, good;

	(void)state;
	assert_int_equal(board_create(&b, key), 0);
	bad = run(wrong_token, &b);
	assert_int_equal(board_await(&b, 2500), 0);
	check_end(&bad, 0);
	/* the right one gets in afterwards */
	good = run(listener, &b);
	assert_int_equal(board_await(&b, 5000), 1);
	board_close(&b);
	go_on(&good);
	check_end(&good, 0);
}

static void
no_such_board(void **state)
{
	struct board b;

	(void)state;
	assert_int_equal(board_connect(&b, STR("no-such-scan"),
	    STR("token")), -1);
	assert_int_equal(errno, ECONNREFUSED);
	/* an id from a damaged record may be of any length */
	assert_int_equal(board_connect(&b, STR("0123456789012345678901234567"
	    "8901234567890123456789012345678901234567890123456789012345678901"
	    "2345678901234567890123456789012345678901234567890123456789"),
	    STR("token")), -1);
	assert_int_equal(b.sock, -1);
}

/* Comes, shows the token, and never captures. */
static int
never_ready(struct board *b)
{
	struct board mine;

	NEED(connect_to(&mine, b) == 0);
	return 0;
}

static void
not_ready(void **state)
{
	struct board b;
	struct child c;

	(void)state;
	assert_int_equal(board_create(&b, key), 0);
	c = run(never_ready, &b);
	assert_int_equal(board_await(&b, 5000), -1);
	assert_int_equal(errno, EPIPE);
	check_end(&c, 0);
	board_close(&b);
}

static int
slow(struct board *b)
{
	struct board mine;

	NEED(connect_to(&mine, b) == 0);
	wait_turn();
	NEED(board_ready(&mine) == 0);
	wait_turn();
	return 0;
}

/* Waiting goes on where it stopped. */
static void
ready_late(void **state)
{
	struct board b;
	struct child c;
	int i;

	(void)state;
	assert_int_equal(board_create(&b, key), 0);
	c = run(slow, &b);
	for (i = 0; i < 1000 && b.sock == -1; i++)
		assert_int_equal(board_await(&b, 5), 0);
	assert_int_equal(board_await(&b, 5), 0);
	go_on(&c);
	assert_int_equal(board_await(&b, 5000), 1);
	go_on(&c);
	check_end(&c, 0);
	board_close(&b);
}

/* ---- batches ---- */

#define N1	1000
#define N2	(3 * BOARD_TIMES + 5)
/* More nanoseconds than a time on the board has room for. */
#define NOW	((uint64_t)1764000000 * NS_PER_S + 123456789)

static int
marker(struct board *b)
{
	struct board_batch b1, b2, bad;
	struct board mine;
	uint64_t at1, at2, i;
	unsigned a;

	NEED(connect_to(&mine, b) == 0);
	NEED(board_ready(&mine) == 0);
	wait_turn();
	at1 = atomic_load(&mine.head->answered);
	at2 = atomic_load(&mine.head->first);
	NEED(board_batch_map(&mine, &b1, N1, at1) == 0);
	NEED(board_batch_map(&mine, &b2, N2, at2) == 0);
	/* what is not there is not mapped */
	NEED(board_batch_map(&mine, &bad, N2 * 8, at2) == -1);
	NEED(errno == EINVAL);
	NEED(board_batch_map(&mine, &bad, 0, at1) == -1);
	NEED(board_batch_map(&mine, &bad, UINT64_MAX, at1) == -1);
	NEED(board_batch_map(&mine, &bad, N1, at1 + 1) == -1);
	NEED(board_batch_map(&mine, &bad, N1, 0) == -1);
	NEED(board_batch_map(&mine, &bad, N1, UINT64_MAX - 4095) == -1);
	for (i = 0; i < N1; i += 6)
		board_open(&b1, i);
	for (i = 0; i < N1; i += 3)
		NEED(board_mark(&b1, i));
	for (i = 0; i < N1; i += 3)
		NEED(!board_mark(&b1, i));
	NEED(board_mark(&b2, N2 - 1));
	/* the sender's times */
	NEED(board_time(&b1, 7, NOW, &a) == NOW && a == 5);
	NEED(board_time(&b1, 7, NOW + 1000 * (uint64_t)NS_PER_S, &a) == NOW);
	/* the answer before the question: clocks were set */
	NEED(board_time(&b1, 7, NOW - 1, &a) == 0);
	NEED(board_time(&b1, 8, NOW, &a) == 0);
	NEED(board_time(&b2, 5, NOW, &a) == NOW - 42 && a == 1);
	NEED(board_time(&b2, 6, NOW, &a) == 0);
	/* the last of those that share a place has it */
	NEED(board_time(&b2, 4, NOW, &a) == 0);
	NEED(board_time(&b2, 4 + BOARD_TIMES, NOW, &a) == 0);
	NEED(board_time(&b2, N2 - 1, NOW, &a) == NOW - 1 && a == 7);
	atomic_store(&mine.head->batches, 2);
	wait_turn();
	board_batch_drop(&mine, &b1);
	board_batch_drop(&mine, &b2);
	atomic_store(&mine.head->batches, 3);
	wait_turn();
	board_close(&mine);
	return 0;
}

static void
await_batches(struct board *b, uint64_t n)
{
	uint64_t until = clock_mono_ns() + 5 * (uint64_t)NS_PER_S;

	while (atomic_load(&b->head->batches) < n &&
	    clock_mono_ns() < until && board_peer(b))
		usleep(1000);
}

static void
batches(void **state)
{
	struct board_batch b1, b2;
	struct board b;
	struct child c;
	struct stat st;
	uint64_t i, blocks;

	(void)state;
	assert_int_equal(board_create(&b, key), 0);
	assert_int_equal(board_batch_make(&b, &b1, N1), 0);
	assert_int_equal(board_batch_make(&b, &b2, N2), 0);
	assert_true(b2.offset >= b1.offset + board_batch_size(N1));
	board_sent(&b1, 7, 5, NOW);
	board_sent(&b2, 5, 1, NOW - 42);
	board_sent(&b2, 4, 0, NOW - 2);
	board_sent(&b2, N2 - 1, 7, NOW - 1);
	atomic_store(&b.head->answered, b1.offset);
	atomic_store(&b.head->first, b2.offset);
	c = run(marker, &b);
	assert_int_equal(board_await(&b, 5000), 1);
	go_on(&c);
	await_batches(&b, 2);
	for (i = 0; i < N1; i++) {
		assert_int_equal(board_answered(&b1, i), i % 3 == 0);
		assert_int_equal(board_is_open(&b1, i), i % 6 == 0);
	}
	assert_false(board_is_open(&b2, N2 - 1));
	assert_int_equal(atomic_load(b1.answered), (N1 + 2) / 3);
	assert_true(board_answered(&b2, N2 - 1));
	assert_false(board_answered(&b2, N2 - 2));
	assert_int_equal(atomic_load(b2.answered), 1);
	/* what the listener drops goes back to the system */
	assert_int_equal(fstat(b.fd, &st), 0);
	blocks = (uint64_t)st.st_blocks;
	go_on(&c);
	await_batches(&b, 3);
	assert_int_equal(fstat(b.fd, &st), 0);
	assert_true((uint64_t)st.st_blocks < blocks);
	assert_false(board_answered(&b1, 0));
	board_batch_drop(&b, &b1);
	board_batch_drop(&b, &b2);
	assert_false(board_answered(&b1, 0));
	go_on(&c);
	check_end(&c, 0);
	board_close(&b);
}

/* The whole IPv4 space on one port has room under the cap. */
static void
sizes(void **state)
{
	uint64_t n, bits;

	(void)state;
	assert_true(board_batch_size((uint64_t)3702258432) < BOARD_CAP);
	for (n = 1; n < (uint64_t)1 << 40; n = n * 3 + 1) {
		assert_int_equal(board_batch_size(n) % 4096, 0);
		bits = n / 8 * (n <= BOARD_OPEN ? 2 : 1);
		assert_true(board_batch_size(n) >= bits);
		assert_true(board_batch_size(n) <= bits + n * 8 + 6 * 4096);
		assert_true(board_batch_size(n) <=
		    bits + BOARD_TIMES * 8 + 6 * 4096);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(meeting),
		cmocka_unit_test(peer_gone),
		cmocka_unit_test(nobody),
		cmocka_unit_test(strangers),
		cmocka_unit_test(no_such_board),
		cmocka_unit_test(not_ready),
		cmocka_unit_test(ready_late),
		cmocka_unit_test(batches),
		cmocka_unit_test(sizes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
