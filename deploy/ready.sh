#!/bin/bash
# ready.sh - exit code 0 when /readyz at the first of ASPNETCORE_URLS (plain HTTP) says 200. For the image's HEALTHCHECK.
url=${ASPNETCORE_URLS%%;*}
url=${url#*://}
host=${url%:*} port=${url##*:}
case $host in '*' | '+' | 0.0.0.0 | '[::]' | localhost) host=127.0.0.1 ;; esac
exec 3<>"/dev/tcp/$host/${port%/}" || exit 1
printf 'GET /readyz HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n' >&3
read -r _ code _ <&3
[ "$code" = 200 ]
