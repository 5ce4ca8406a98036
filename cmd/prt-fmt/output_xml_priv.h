/* What the rooms of nmap's XML share among themselves. A program's own header, no
 * layer. */
#ifndef PRT_FMT_OUTPUT_XML_PRIV_H
#define PRT_FMT_OUTPUT_XML_PRIV_H

#include "meaning/record.h"
#include "os.h"

void	xml_put_text(struct buf *, struct str);
/* With a blank before it. */
void	xml_put_attr(struct buf *, const char *name, struct str value);
/* Nothing when there is no value. */
void	xml_put_some(struct buf *, const char *name, struct str value);
/* <cpe>...</cpe> for each of a list. */
void	xml_put_cpe(struct buf *, struct str list);
/* <elem key="...">...</elem>; nothing when there is no value. */
void	xml_put_elem(struct buf *, const char *key, struct str value);

/* ---- its system, output_xml_os.c ---- */

/* <os>, <uptime> and <distance>, as far as there is anything to say. */
void	xml_put_os(struct buf *, const struct host_os *);

/* ---- scripts, output_xml_script.c ---- */

/* Are there fields that have no element or attribute of their own? */
bool	xml_has_others(const struct record *);
/* Those of a host, as a script that is called "prt". */
void	xml_put_others(struct buf *, const struct record *);
/* Those of a port, as one script at most. */
void	xml_put_script(struct buf *, const struct record *);

/* ---- what is known of a port's TLS, output_xml_tls.c ---- */

/* The script of nmap's that tells such things, NULL when there are none. */
const char *xml_tls_script(const struct record *);
/* Lines for its output, each behind "&#xa;". */
void	xml_tls_put_lines(struct buf *, const struct record *);
/* And the elements in it. */
void	xml_tls_put_tables(struct buf *, const struct record *);
/* Is it a field that the lines tell? */
bool	xml_tls_tells(struct str key);

#endif
