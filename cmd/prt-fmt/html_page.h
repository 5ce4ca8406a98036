/* What is the same in every HTML report: style and script. A program's own
 * header, no layer. */
#ifndef PRT_FMT_HTML_PAGE_H
#define PRT_FMT_HTML_PAGE_H

extern const char html_style[], html_script[];
/* The script's SHA-256 in base64: the page allows no other. */
extern const char html_script_sha256[];

#endif
