/* The established form of a fingerprint, as nmap's documentation of OS
 * detection describes it ("Understanding an Nmap Fingerprint"). */
#include "meaning/osfp.h"

#include <stdio.h>
#include <string.h>

#define FOLD	72	/* characters of a folded line, behind "OS:" */

#define ANSWER	"R", "DF", "T", "TG"
#define SEGMENT	{ ANSWER, "W", "S", "A", "F", "O", "RD", "Q" }

const struct osfp_row osfp_rows[OSFP_NLINE] = {
	[OSFP_SCAN] = { "SCAN", { "V", "E", "D", "OT", "CT", "CU", "PV", "DS",
	    "DC", "G", "M", "TM", "P" } },
	[OSFP_SEQ] = { "SEQ", { "R", "SP", "GCD", "ISR", "TI", "CI", "II",
	    "SS", "TS" } },
	[OSFP_OPS] = { "OPS", { "R", "O1", "O2", "O3", "O4", "O5", "O6" } },
	[OSFP_WIN] = { "WIN", { "R", "W1", "W2", "W3", "W4", "W5", "W6" } },
	[OSFP_ECN] = { "ECN", { ANSWER, "W", "O", "CC", "Q" } },
	[OSFP_T1] = { "T1", { ANSWER, "S", "A", "F", "RD", "Q" } },
	[OSFP_T2] = { "T2", SEGMENT },
	[OSFP_T3] = { "T3", SEGMENT },
	[OSFP_T4] = { "T4", SEGMENT },
	[OSFP_T5] = { "T5", SEGMENT },
	[OSFP_T6] = { "T6", SEGMENT },
	[OSFP_T7] = { "T7", SEGMENT },
	[OSFP_U1] = { "U1", { ANSWER, "IPL", "UN", "RIPL", "RID", "RIPCK",
	    "RUCK", "RUD" } },
	[OSFP_IE] = { "IE", { "R", "DFI", "T", "TG", "CD" } },
};

/* ---- lines and attributes ---- */

int
osfp_line_find(struct str name)
{
	int i;

	for (i = 0; i < OSFP_NLINE; i++)
		if (str_is(name, osfp_rows[i].name))
			return i;
	return -1;
}

int
osfp_slot_find(enum osfp_line line, struct str attr)
{
	const char *const *a = osfp_rows[line].attr;
	unsigned k;

	for (k = 0; a[k] != NULL; k++)
		if (str_is(attr, a[k]))
			return (int)OSFP_SLOT(line, k);
	return -1;
}

static bool
good_value(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~' || s.p[i] == '%' ||
		    s.p[i] == '(' || s.p[i] == ')')
			return false;
	return s.n <= OSFP_VALUE;
}

/* Moves the values together: there is room for the longest ones then. */
static void
compact(struct osfp *fp)
{
	struct osfp old = *fp;
	unsigned i;
	size_t n;

	fp->n = 0;
	for (i = 0; i < OSFP_SLOTS; i++) {
		if (old.at[i] == 0)
			continue;
		n = strlen(&old.text[old.at[i] - 1]) + 1;
		memcpy(&fp->text[fp->n], &old.text[old.at[i] - 1], n);
		fp->at[i] = (uint16_t)(fp->n + 1);
		fp->n = (uint16_t)(fp->n + n);
	}
}

int
osfp_set_slot(struct osfp *fp, unsigned slot, struct str value)
{
	if (slot >= OSFP_SLOTS || !good_value(value) ||
	    osfp_rows[slot / OSFP_ATTRS].attr[slot % OSFP_ATTRS] == NULL)
		return -1;
	fp->at[slot] = 0;
	if (fp->n + value.n + 1 > sizeof(fp->text))
		compact(fp);
	if (value.n > 0)
		memcpy(&fp->text[fp->n], value.p, value.n);
	fp->text[fp->n + value.n] = '\0';
	fp->at[slot] = (uint16_t)(fp->n + 1);
	fp->n = (uint16_t)(fp->n + value.n + 1);
	return 0;
}

int
osfp_set(struct osfp *fp, enum osfp_line line, const char *attr,
    const char *value)
{
	int slot = osfp_slot_find(line, str_of(attr));

	return slot == -1 ? -1 :
	    osfp_set_slot(fp, (unsigned)slot, str_of(value));
}

int
osfp_set_hex(struct osfp *fp, enum osfp_line line, const char *attr,
    uint64_t value)
{
	char text[17];

	snprintf(text, sizeof(text), "%llX", (unsigned long long)value);
	return osfp_set(fp, line, attr, text);
}

void
osfp_unset(struct osfp *fp, enum osfp_line line, const char *attr)
{
	int slot = osfp_slot_find(line, str_of(attr));

	if (slot != -1)
		fp->at[slot] = 0;
}

const char *
osfp_get_slot(const struct osfp *fp, unsigned slot)
{
	if (slot >= OSFP_SLOTS || fp->at[slot] == 0)
		return NULL;
	return &fp->text[fp->at[slot] - 1];
}

const char *
osfp_get(const struct osfp *fp, enum osfp_line line, const char *attr)
{
	int slot = osfp_slot_find(line, str_of(attr));

	return slot == -1 ? NULL : osfp_get_slot(fp, (unsigned)slot);
}

bool
osfp_has(const struct osfp *fp, enum osfp_line line)
{
	unsigned k;

	for (k = 0; k < OSFP_ATTRS; k++)
		if (fp->at[OSFP_SLOT(line, k)] != 0)
			return true;
	return false;
}

bool
osfp_is_v6(const struct osfp *fp)
{
	const char *family = osfp_get(fp, OSFP_SCAN, "E");

	return family != NULL && strcmp(family, "6") == 0;
}

/* ---- reading ---- */

bool
osfp_cut(struct str *inside, struct str *name, struct str *value)
{
	if (inside->n == 0)
		return false;
	*value = str_cut(inside, '%');
	*name = str_cut(value, '=');
	return true;
}

/* The text unfolded: without blanks, newlines, and "OS:" at the start of a
 * line, none of which a fingerprint has inside of itself. */
static void
unfold(struct str text, struct buf *out)
{
	struct str line;

	while (text.p != NULL) {
		line = str_trim(str_cut(&text, '\n'));
		if (line.n >= 3 && memcmp(line.p, "OS:", 3) == 0)
			line.p += 3, line.n -= 3;
		for (; line.n > 0; line.p++, line.n--)
			if (!str_is_blank(line.p[0]))
				buf_putc(out, line.p[0]);
	}
}

#define FAIL(err, ...)	((err) == NULL ? -1 : (buf_printf(err, __VA_ARGS__), -1))

static int
parse_inside(struct osfp *fp, enum osfp_line line, struct str inside,
    struct buf *err)
{
	const char *ln = osfp_rows[line].name;
	struct str name, value;
	int slot;

	while (osfp_cut(&inside, &name, &value)) {
		if (value.p == NULL)
			return FAIL(err, "\"%.*s\" of %s has no value; write "
			    "NAME=VALUE", STR_ARG(str_shown(name)), ln);
		if ((slot = osfp_slot_find(line, name)) == -1)
			return FAIL(err, "%s has no attribute \"%.*s\"; drop "
			    "it", ln, STR_ARG(str_shown(name)));
		if (osfp_set_slot(fp, (unsigned)slot, value) == -1)
			return FAIL(err, "\"%.*s\" is no value of %s; write up "
			    "to %d characters", STR_ARG(str_shown(value)),
			    osfp_rows[line].attr[(unsigned)slot % OSFP_ATTRS],
			    OSFP_VALUE);
	}
	return 0;
}

/* "SEQ(SP=106%GCD=1)" at the start of *text, which becomes what follows. */
static int
parse_line(struct osfp *fp, struct str *text, struct buf *err)
{
	struct str rest = *text, name = str_cut(&rest, '('), inside;
	int line;

	if (rest.p == NULL)
		return FAIL(err, "\"%.*s\" is no line of a fingerprint; write "
		    "NAME(ATTRIBUTE=VALUE%%...)", STR_ARG(str_shown(name)));
	line = osfp_line_find(name);
	if (line == -1 && osfp_is_v6(fp))
		return FAIL(err, "\"%.*s\" is of nmap's form for IPv6, which "
		    "has packets in place of tests; take the fingerprint with "
		    "prt-os", STR_ARG(str_shown(name)));
	if (line == -1)
		return FAIL(err, "\"%.*s\" is no name of a fingerprint's line; "
		    "there are SCAN, SEQ, OPS, WIN, ECN, T1 to T7, U1 and IE",
		    STR_ARG(str_shown(name)));
	inside = str_cut(&rest, ')');
	if (rest.p == NULL)
		return FAIL(err, "%s does not end; end it with a parenthesis",
		    osfp_rows[line].name);
	if (osfp_has(fp, (enum osfp_line)line))
		return FAIL(err, "a second %s; keep one",
		    osfp_rows[line].name);
	*text = rest;
	return parse_inside(fp, (enum osfp_line)line, inside, err);
}

int
osfp_parse(struct osfp *fp, struct str text, struct buf *err)
{
	struct buf flat = { 0 };
	struct str rest;
	int rc = 0;

	memset(fp->at, 0, sizeof(fp->at));
	fp->n = 0;
	unfold(text, &flat);
	rest = buf_view(&flat);
	if (flat.oom)
		rc = FAIL(err, "out of memory");
	else if (rest.n == 0)
		rc = FAIL(err, "no fingerprint; write its lines, such as "
		    "T1(R=Y%%DF=Y)");
	while (rc == 0 && rest.n > 0)
		rc = parse_line(fp, &rest, err);
	buf_release(&flat);
	if (rc == -1) {
		memset(fp->at, 0, sizeof(fp->at));
		fp->n = 0;
	}
	return rc;
}

/* ---- writing ---- */

static void
put_line(const struct osfp *fp, enum osfp_line line, struct buf *out)
{
	const char *const *attr = osfp_rows[line].attr;
	const char *value, *sep = "(";
	unsigned k;

	buf_puts(out, osfp_rows[line].name);
	for (k = 0; attr[k] != NULL; k++) {
		if ((value = osfp_get_slot(fp, OSFP_SLOT(line, k))) == NULL)
			continue;
		buf_puts(out, sep);
		buf_puts(out, attr[k]);
		buf_putc(out, '=');
		buf_puts(out, value);
		sep = "%";
	}
	buf_putc(out, ')');
}

static void
fold(struct str flat, struct buf *out)
{
	size_t n;

	for (; flat.n > 0; flat.p += n, flat.n -= n) {
		n = flat.n < FOLD ? flat.n : FOLD;
		buf_puts(out, "OS:");
		buf_put(out, flat.p, n);
		buf_putc(out, '\n');
	}
}

void
osfp_fmt(const struct osfp *fp, enum osfp_form form, struct buf *out)
{
	struct buf flat = { 0 };
	struct buf *to = form == OSFP_WRAPPED ? &flat : out;
	int line;

	for (line = 0; line < OSFP_NLINE; line++) {
		if (!osfp_has(fp, (enum osfp_line)line))
			continue;
		put_line(fp, (enum osfp_line)line, to);
		if (form == OSFP_LINES)
			buf_putc(to, '\n');
	}
	if (form != OSFP_WRAPPED)
		return;
	out->oom |= flat.oom;
	if (!flat.oom)
		fold(buf_view(&flat), out);
	buf_release(&flat);
}
