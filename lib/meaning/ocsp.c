#include "meaning/ocsp.h"

#include "pure/der.h"

/* 1.3.6.1.5.5.7.48.1.1, id-pkix-ocsp-basic */
static const uint8_t basic[] = { 0x2b, 6, 1, 5, 5, 7, 0x30, 1, 1 };

/* 4.2.1, SingleResponse: true when it is of that certificate. */
static bool
read_single(struct rd single, struct str serial, enum ocsp_status *status)
{
	struct rd id = der_get(&single, DER_SEQ), nr;
	uint8_t tag;

	der_get(&id, DER_SEQ);		/* hash algorithm */
	der_get(&id, DER_OCTETS);	/* hashes of the issuer's name and key */
	der_get(&id, DER_OCTETS);
	nr = der_get(&id, DER_INT);
	der_any(&single, &tag);
	if (id.bad || single.bad ||
	    !str_eq((struct str){ (const char *)nr.p, nr.n }, serial))
		return false;
	switch (tag) {
	case DER_CONTEXT | 0:
		*status = OCSP_GOOD;
		return true;
	case DER_WITHIN | 1:
		*status = OCSP_REVOKED;
		return true;
	case DER_CONTEXT | 2:
		*status = OCSP_UNKNOWN;
		return true;
	default:
		return false;
	}
}

/* ResponseData: version and responder, when, and the responses. */
static enum ocsp_status
read_data(struct rd data, struct str serial)
{
	enum ocsp_status status = OCSP_NOTHING;
	struct rd all, single;
	uint8_t tag;

	if (der_is(&data, DER_WITHIN))
		der_get(&data, DER_WITHIN);
	der_any(&data, &tag);		/* by name or by key */
	der_get(&data, DER_TIME);
	all = der_get(&data, DER_SEQ);
	while (all.n > 0 && !all.bad) {
		single = der_get(&all, DER_SEQ);
		if (!all.bad && read_single(single, serial, &status))
			return status;
	}
	return OCSP_NOTHING;
}

enum ocsp_status
ocsp_read(const void *der, size_t n, struct str serial)
{
	struct rd r = rd_of(der, n), in, bytes, oid, code, out, resp;

	in = der_get(&r, DER_SEQ);
	code = der_get(&in, 0x0a);
	bytes = der_get(&in, DER_WITHIN);
	bytes = der_get(&bytes, DER_SEQ);
	oid = der_get(&bytes, DER_OID);
	out = der_get(&bytes, DER_OCTETS);
	/* status 0: successful */
	if (in.bad || bytes.bad || code.n != 1 || code.p[0] != 0 ||
	    oid.n != sizeof(basic) || memcmp(oid.p, basic, oid.n) != 0)
		return OCSP_NOTHING;
	resp = der_get(&out, DER_SEQ);
	return read_data(der_get(&resp, DER_SEQ), serial);
}
