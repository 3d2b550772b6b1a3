"""A key and its certificate by the host's own openssl: what stands, made anew, and put back."""

from __future__ import annotations

from . import Inline, Program

#: certificate, key, kinds of keys: the certificate shown, the key's own public key, its mode and owner, each behind its
#: mark; which of the two are links. An openssl without a command for a kind may exit with 0 (0.9.8 and pkey): only what
#: it prints counts
STANDS = Inline("""
[ -e "$1" ] || [ -e "$2" ] || exit 1; umask 077; certificate=$1; key=$2; shift 2;
openssl x509 -noout -enddate -startdate -text -pubkey -in "$certificate";
echo "= key";
for kind; do
    public=$(openssl "$kind" -pubout -in "$key" 2>/dev/null); case $public in *"BEGIN PUBLIC KEY"*) break ;; esac;
done;
printf "%s\\n" "$public";
echo "= mode"; stat -L -c "%a %U" -- "$key";
for file in "$certificate" "$key"; do [ ! -h "$file" ] || echo "link $file"; done
""")
#: files of certificates: those that somebody else has signed and that have not expired. The names' form differs between
#: versions of openssl, not within one
ISSUED = Inline("""
for file; do
    subject=$(openssl x509 -noout -subject -in "$file" 2>/dev/null) || continue;
    issuer=$(openssl x509 -noout -issuer -in "$file" 2>/dev/null);
    [ "${subject#subject}" != "${issuer#issuer}" ] || continue;
    if openssl x509 -noout -checkend 0 -in "$file" >/dev/null 2>&1; then echo "$file"; fi;
done; true
""")
#: certificate, key, days, bits, openssl's configuration: moves old pem files aside under the time's name, makes key and
#: certificate beside their places and puts them there
MAKE = Program(r"""
set -e
umask 077
certificate=$1 key=$2 days=$3 bits=$4 cnf=$5
stamp=$(date +%Y%m%dT%H%M%S)
(umask 022 && mkdir -p "$(dirname "$certificate")")
mkdir -p "$(dirname "$key")"
openssl req -new -x509 -nodes -sha256 -newkey "rsa:$bits" -days "$days" -config "$cnf" \
    -keyout "$key.mailhost-new" -out "$certificate.mailhost-new" 2>"$key.mailhost-log" || {
    tail -n 3 "$key.mailhost-log" >&2
    rm -f "$key.mailhost-new" "$certificate.mailhost-new" "$key.mailhost-log"
    exit 1
}
rm -f "$key.mailhost-log"
chmod 600 "$key.mailhost-new"
chmod 644 "$certificate.mailhost-new"
for old in "$certificate" "$key"; do
    if [ -e "$old" ] || [ -h "$old" ]; then mv -f "$old" "$old.$stamp"; fi
done
mv "$key.mailhost-new" "$key"
mv "$certificate.mailhost-new" "$certificate"
if command -v restorecon >/dev/null 2>&1; then restorecon "$key" "$certificate"; fi
""")
#: certificate, key: puts the newest of the files moved aside back; where there is none, removes what was made
UNMAKE = Inline("""
for file in "$1" "$2"; do
    old=; for aside in "$file".2[0-9]*T[0-9]*; do [ ! -e "$aside" ] && [ ! -h "$aside" ] || old=$aside; done;
    rm -f "$file"; if [ -n "$old" ]; then mv -f "$old" "$file"; fi;
done
""")
