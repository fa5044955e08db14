/* SPDX-License-Identifier: Apache-2.0
 *
 * The checker's warnings: things that load but are probably not meant (rules-language.md 9.3). Inside the rules layer.
 */
#pragma once

#include "rules/check.h"

/* Literals spelled like a field or a transformer call; regexes that need none of a regex's power. */
void hc_lint_literal(struct hc_checker *checker, const struct hc_ast *check, const struct hc_literal *literal);
/* Deprecated fields on left-hand sides (others pass (Q)), each once, in the order of the list below. */
void hc_lint_deprecated_fields(struct hc_checker *checker, const struct hc_ast *ast);

/* The i-th field whose use is warned about, NULL after the last. */
const char *hc_deprecated_field(unsigned i);
/* Notes one use; for outputs too. */
void hc_lint_deprecated(struct hc_checker *checker, const char *field, struct hc_ast_pos pos, uint32_t len);
