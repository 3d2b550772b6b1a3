#!/bin/sh
# Turns the Debian base into the layout, the utilities and the versions of CentOS 5.11. Runs once, in the image build.
set -eu
image=/usr/lib/mailhost-image

# Init: /etc/init.d is /etc/rc.d/init.d, runlevel 3, and nothing of Debian's own scripts.
rm -rf /etc/init.d /etc/rc?.d
ln -s rc.d/init.d /etc/init.d
for level in 0 1 2 3 4 5 6; do
    mkdir -p "/etc/rc.d/rc$level.d"
    ln -s "rc.d/rc$level.d" "/etc/rc$level.d"
done
/sbin/chkconfig --add syslog
/sbin/chkconfig --add postfix
/sbin/chkconfig --add dovecot

# Release files.
rm -f /etc/os-release /usr/lib/os-release /etc/debian_version /etc/issue
echo 'CentOS release 5.11 (Final)' >/etc/redhat-release

# Accounts as shadow-utils 4.0.17 of CentOS makes them.
sed -i -e 's/^UID_MIN.*/UID_MIN 500/' -e 's/^GID_MIN.*/GID_MIN 500/' /etc/login.defs
echo 'CREATE_HOME yes' >>/etc/login.defs
ln -s /usr/sbin/nologin /sbin/nologin 2>/dev/null || [ -e /sbin/nologin ]

# Mail spool.
rm -rf /var/spool/mail
mkdir -p /var/spool/mail
chgrp mail /var/spool/mail
chmod 775 /var/spool/mail
rm -rf /var/mail
ln -s spool/mail /var/mail

# Dovecot 1.0's layout.
rm -rf /etc/dovecot /etc/ssl/private/dovecot* /usr/share/dovecot
mkdir -p /etc/pki/dovecot/certs /etc/pki/dovecot/private /usr/share/doc/dovecot-1.0.7/examples
mv /usr/sbin/dovecot "$image/dovecot"
mv /usr/bin/doveconf "$image/doveconf"
rm -f /usr/bin/doveadm /usr/bin/dsync
mv "$image/wrap-dovecot" /usr/sbin/dovecot
mv "$image/wrap-doveconf" /usr/bin/doveconf
chmod 755 /usr/sbin/dovecot /usr/bin/doveconf
# The certificate of the package's own post-install script: 1024 bits, another name, long expired.
cd /etc/pki/dovecot
(
    umask 077
    openssl req -new -x509 -nodes -sha1 -newkey rsa:1024 -config dovecot-openssl.cnf -days 1 \
        -out certs/dovecot.pem -keyout private/dovecot.pem 2>/dev/null
)

# Postfix 2.3's layout: daemons in /usr/libexec, no chroot, sendmail behind alternatives.
mkdir -p /usr/libexec
ln -s /usr/lib/postfix/sbin /usr/libexec/postfix
mv /usr/sbin/postconf "$image/postconf"
mv "$image/wrap-postconf" /usr/sbin/postconf
chmod 755 /usr/sbin/postconf
cp /usr/share/postfix/postfix-files /etc/postfix/ 2>/dev/null || [ -e /etc/postfix/postfix-files ]
rm -f /etc/postfix/makedefs.out /etc/postfix/*.proto
for name in sendmail mailq newaliases; do
    for dir in /usr/sbin /usr/bin; do
        [ -e "$dir/$name" ] || [ -L "$dir/$name" ] || continue
        mv "$dir/$name" "$dir/$name.postfix"
        ln -s "/etc/alternatives/mta-$name" "$dir/$name"
        ln -sf "$dir/$name.postfix" "/etc/alternatives/mta-$name"
    done
done
ln -sf /usr/sbin/sendmail.postfix /etc/alternatives/mta
printf 'postmaster: root\nmailer-daemon: postmaster\n' >/etc/aliases
newaliases

# Only the utilities CentOS 5 has: coreutils 5.97 knows none of these, and neither apt nor systemd is to be found.
for name in base64 basenc base32 timeout realpath truncate sha224sum sha256sum sha384sum sha512sum b2sum nproc stdbuf \
    numfmt chcon runcon systemctl journalctl invoke-rc.d update-rc.d deb-systemd-helper deb-systemd-invoke \
    update-alternatives; do
    rm -f "/usr/bin/$name" "/usr/sbin/$name" "/bin/$name" "/sbin/$name"
done
mkdir -p "$image/debian"
for name in /usr/bin/apt* /usr/bin/dpkg* /usr/sbin/dpkg*; do
    [ ! -e "$name" ] || mv "$name" "$image/debian/"
done
if command -v python3 || command -v python; then
    echo "this image must not have Python" >&2
    exit 1
fi
