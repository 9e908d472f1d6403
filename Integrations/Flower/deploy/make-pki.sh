#!/usr/bin/env bash
# Makes a private certificate authority and the server's certificate.
# Usage: make-pki.sh FOLDER NAME [IP]     NAME: by which clients reach the server; its loopback is added
# Leaves ca.key (keep it off the server), ca.crt (for everybody), server.key, server.pem.
set -euo pipefail
umask 077

(($# >= 2)) || { echo "usage: $0 FOLDER NAME [IP]" >&2; exit 64; }
folder=$1 name=$2 names="DNS:$2,DNS:localhost,IP:127.0.0.1${3:+,IP:$3}"
[[ ! -e $folder/ca.key ]] || { echo "$folder/ca.key is there already; remove it to begin anew" >&2; exit 1; }
mkdir -p "$folder"
cd "$folder"

new_key() { openssl genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2>/dev/null ||
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1" 2>/dev/null; }

new_key ca.key
openssl req -x509 -new -key ca.key -sha256 -days 3650 -subj "/CN=fedkseed federation" -out ca.crt \
  -addext "basicConstraints=critical,CA:TRUE,pathlen:0" -addext "keyUsage=critical,keyCertSign,cRLSign"
new_key server.key
openssl req -new -key server.key -subj "/CN=$name" -out server.csr
openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -sha256 -days 825 -out server.pem \
  -extfile <(printf '%s\n' "subjectAltName=$names" "extendedKeyUsage=serverAuth" \
    "basicConstraints=CA:FALSE" "keyUsage=digitalSignature") 2>/dev/null
rm server.csr ca.srl 2>/dev/null || true
chmod 644 ca.crt server.pem
openssl verify -CAfile ca.crt server.pem >/dev/null
echo "made ca.crt, ca.key, server.pem and server.key in $PWD for $names"
