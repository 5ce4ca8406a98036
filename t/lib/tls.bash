# shellcheck shell=bash
# For tests of prt-tls, behind net.bash: certificates in $pki, servers of OpenSSL on
# the host "box", records of their ports, and what came of them.

# shellcheck disable=SC2154 # $pki is the test file's

# make_cert NAME ISSUER DAYS SUBJECT REQ-ARGUMENT...: $pki/NAME.crt and .key, signed by
# ISSUER, or by itself when that is NAME
make_cert() {
	local name=$1 issuer=$2 days=$3 subject=$4 ca=()

	shift 4
	[[ $issuer == "$name" ]] ||
	    ca=(-CA "$pki/$issuer.crt" -CAkey "$pki/$issuer.key")
	openssl req -x509 -nodes -keyout "$pki/$name.key" -out "$pki/$name.crt" \
	    -days "$days" -subj "$subject" "${ca[@]}" "$@" 2>/dev/null
}

# server PORT CERT ARGUMENT...
server() {
	# shellcheck disable=SC2034 # spawn sets it
	local port=$1 cert=$pki/$2 pid

	shift 2
	spawn pid box openssl s_server -accept "$port" -cert "$cert.crt" \
	    -key "$cert.key" -www "$@" >/dev/null 2>&1
}

listens() {
	[[ -n $(on box ss -Hltn "sport = :$1") ]]
}

# tls ARGUMENT...: the program, in the box.
tls() {
	on box prt-tls "$@"
}

# open PORT...: records of open TCP ports of $at, or 127.0.0.1
open() {
	local p

	for p; do
		printf '%s\t%s\ttcp\topen\tsyn-ack%s\n' "${at:-127.0.0.1}" \
		    "$p" "${name:+$'\t'host=$name}"
	done
}

# of PORT FIELD...: what the file "out" says of it.
of() {
	local p=$1 f

	shift
	for f; do
		awk -F'\t' -v p="$p" -v f="$f=" '!/^#/ && $2 == p {
			for (i = 6; i <= NF; i++)
				if (index($i, f) == 1)
					print substr($i, length(f) + 1)
		}' out
	done | paste -sd' '
}

stat_of() {
	sed -n "s/^#prt\tstat\tby=prt-tls.*\t$1=\([^\t]*\).*/\1/p" out
}

# x509 CERT OPTION...: one line of openssl x509
x509() {
	local c=$1

	shift
	openssl x509 -in "$pki/$c.crt" -noout "$@"
}

# same PORT CERT: the record's fields are those that openssl has for the file.
same() {
	local p=$1 c=$2

	assert_equal "$(of "$p" fingerprint_sha256)" "$(x509 "$c" -fingerprint \
	    -sha256 | sed 's/.*=//; s/://g' | tr A-F a-f)"
	assert_equal "$(of "$p" serial)" "$(x509 "$c" -serial | sed 's/.*=//')"
	assert_equal "$(of "$p" subject_dn | sed 's/\\\\/\\/g')" \
	    "$(x509 "$c" -subject -nameopt RFC2253,-esc_msb | sed 's/^subject=//')"
	assert_equal "$(of "$p" issuer_dn | sed 's/\\\\/\\/g')" \
	    "$(x509 "$c" -issuer -nameopt RFC2253,-esc_msb | sed 's/^issuer=//')"
	assert_equal "$(of "$p" not_after)" \
	    "$(date -d "$(x509 "$c" -enddate | sed 's/.*=//')" +%s)"
	assert_equal "$(of "$p" not_before)" \
	    "$(date -d "$(x509 "$c" -startdate | sed 's/.*=//')" +%s)"
	x509 "$c" -text >text
	grep -q "Signature Algorithm: $(of "$p" sig_alg)$" text
	grep -qE "(Public-Key: \($(of "$p" key_bits) bit\))|ED25519" text
}
