/* SPDX-License-Identifier: Apache-2.0
 *
 * Ownership in one function body: locals that own carry a cleanup attribute, every escape is a visible TAKE().
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The pointer's value, and NULL left in its place: ownership passes to the caller. */
#define TAKE(p) ({ __typeof__(p) taken_ = (p); (p) = NULL; taken_; })
/* The same for a file descriptor. */
#define TAKE_FD(fd) ({ int taken_ = (fd); (fd) = -1; taken_; })

static inline void hc_cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void hc_cleanup_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void hc_cleanup_file(FILE **f)
{
	if (*f)
		fclose(*f);
}

#define HC_FREE __attribute__((cleanup(hc_cleanup_free)))
#define HC_CLOSE __attribute__((cleanup(hc_cleanup_fd)))
#define HC_FCLOSE __attribute__((cleanup(hc_cleanup_file)))

/* HC_DEFINE_CLEANUP(struct hc_reader *, hc_reader_close) makes
 * __attribute__((cleanup(hc_reader_closep))) usable; the function must accept NULL. */
#define HC_DEFINE_CLEANUP(type, func) \
	static inline void func##p(type *p) \
	{ \
		if (*p) \
			func(*p); \
	} \
	struct hc_cleanup_needs_semicolon
#define HC_CLEANUP(func) __attribute__((cleanup(func##p)))
