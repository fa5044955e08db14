/* SPDX-License-Identifier: Apache-2.0
 *
 * The evaluation context: what every field of one event shares, looked up once per event.
 */
#include "replay/eval.h"

#include <stdlib.h>

#include "replay/extract.h"
#include "rules/regex.h"

void hc_eval_init(struct hc_eval *eval, struct hc_state *state)
{
	*eval = (struct hc_eval){ .state = state };
	hc_arena_init(&eval->scratch);
}

void hc_eval_done(struct hc_eval *eval)
{
	hc_arena_done(&eval->scratch);
	hc_buf_done(&eval->text);
	hc_buf_done(&eval->text2);
	free(eval->slots);
	free(eval->occurrences);
	free(eval->switch_ts_ns);
	for (struct hc_eval_pattern *p = eval->patterns, *next; p; p = next) {
		next = p->next;
		hc_regex_free(p->regex);
		free(p);
	}
	*eval = (struct hc_eval){ 0 };
}

static void set_fd(struct hc_eval *eval, struct hc_fd *fd)
{
	eval->event_fd = fd;
	eval->fd = fd || !eval->fd_fields ? fd : hc_eval_fd_at(eval, eval->thread->last_fd);
}

void hc_eval_begin(struct hc_eval *eval, struct hc_event *ev)
{
	struct hc_state *state = eval->state;

	eval->ev = ev;
	eval->serial++;
	eval->built_serial++;
	if (eval->scratch.used)
		hc_arena_reset(&eval->scratch);
	eval->thread = state->thread ? state->thread : hc_state_find(state, ev->tid);
	eval->fd_fields = eval->thread && hc_event_info(ev)->flags & (EF_CREATES_FD | EF_USES_FD | EF_DESTROYS_FD);
	set_fd(eval, state->fd);
}

void hc_eval_set_fd(struct hc_eval *eval, struct hc_fd *fd)
{
	set_fd(eval, fd);
	eval->built_serial++;
}

uint32_t hc_eval_rules(struct hc_eval *eval, struct hc_plan *plan, bool all, const uint32_t **ret_rules)
{
	struct hc_plan_event event = { .type = eval->ev->type, .extract = eval->extract ? eval->extract : hc_extract, .ctx = eval };
	/* Container events show the container they describe in place of the thread's: nothing to remember then. */
	bool remember = !eval->state->container;

	if (eval->thread && remember) {
		event.thread = (struct hc_plan_subject){ &eval->thread->memo, eval->state->thread_epoch };
		event.lineage = (struct hc_plan_subject){ &eval->thread->lineage, eval->state->lineage_epoch };
	}
	if (eval->fd && eval->fd_fields)
		event.fd = (struct hc_plan_subject){ &eval->fd->memo, 1 };
	return hc_plan_eval(plan, &event, all, ret_rules);
}
