/* SPDX-License-Identifier: Apache-2.0
 *
 * How long the snapshot takes by BPF iterators and from /proc, by hand (needs root):
 *
 *   ninja -C build tests/bench/snapshot && sudo build/tests/bench/snapshot [PROCESSES [DESCRIPTORS]]
 *
 * of a host with that many more sleeping processes (2000) with that many descriptors each (50): files, pipes, sockets of all
 * kinds. Both ways in turn, several rounds, the best of each counts.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "record/iterators.h"

enum { ROUNDS = 5, WAYS = 2 };

static int open_something(int i)
{
	int pair[2];

	switch (i % 5) {
	case 0: return eventfd(0, 0);
	case 1: return socket(AF_INET, SOCK_DGRAM, 0);
	case 2: return socketpair(AF_UNIX, SOCK_STREAM, 0, pair) ? -1 : (close(pair[1]), pair[0]);
	default: return open(i & 1 ? "/etc/passwd" : "/dev/null", O_RDONLY);
	}
}

static void sleeper(int nfds, int ready)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int i = 3; i < nfds; i++)
		if (open_something(i) < 0)
			_exit(1);
	close(ready);
	for (;;)
		pause();
}

static double seconds(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	int processes = argc > 1 ? atoi(argv[1]) : 2000, nfds = argc > 2 ? atoi(argv[2]) : 50;
	static const char *const names[WAYS] = { "iterators", "/proc" };
	struct hc_iterators *ways[WAYS];
	double best[WAYS] = { 1e9, 1e9 }, cpu[WAYS] = { 1e9, 1e9 };
	uint32_t threads[WAYS], fds[WAYS];
	struct hc_diag diag;
	char c;
	int p[2];

	if (hc_iterators_new(&ways[0], HC_ITERATORS_ALWAYS, &diag) || hc_iterators_new(&ways[1], HC_ITERATORS_NEVER, &diag)) {
		fprintf(stderr, "%s\n", diag.text);
		return 1;
	}
	if (pipe(p))
		return 1;
	for (int i = 0; i < processes; i++) {
		pid_t pid = fork();

		if (pid < 0) {
			perror("fork");
			return 1;
		}
		if (!pid) {
			close(p[0]);
			sleeper(nfds, p[1]);
		}
	}
	close(p[1]);
	if (read(p[0], &c, 1) != 0) /* until all have let go of it */
		return 1;
	for (int round = 0; round < ROUNDS; round++)
		for (int w = 0; w < WAYS; w++) {
			double wall = seconds(CLOCK_MONOTONIC), used = seconds(CLOCK_THREAD_CPUTIME_ID);
			struct hc_snapshot_source source;
			struct hc_section section;

			hc_section_init(&section);
			if (hc_iterators_snapshot(ways[w], &section, "", &source, &diag)) {
				fprintf(stderr, "%s\n", diag.text);
				return 1;
			}
			wall = seconds(CLOCK_MONOTONIC) - wall;
			used = seconds(CLOCK_THREAD_CPUTIME_ID) - used;
			best[w] = wall < best[w] ? wall : best[w];
			cpu[w] = used < cpu[w] ? used : cpu[w];
			threads[w] = section.nthreads;
			fds[w] = section.nfds;
			hc_section_done(&section);
		}
	for (int w = 0; w < WAYS; w++)
		printf("%-10s %8.1f ms, %8.1f ms of processor; %u threads, %u descriptors\n", names[w], best[w] * 1e3, cpu[w] * 1e3,
		       threads[w], fds[w]);
	printf("ratio      %8.3f     %8.3f\n", best[0] / best[1], cpu[0] / cpu[1]);
	return 0;
}
