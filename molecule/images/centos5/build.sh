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

# /bin/sh is bash, in its POSIX way.
ln -sf bash /bin/sh

# Postfix 2.3's layout: daemons in /usr/libexec, no chroot, sendmail behind alternatives.
mkdir -p /usr/libexec
ln -s /usr/lib/postfix/sbin /usr/libexec/postfix
mv /usr/sbin/postconf "$image/postconf"
mv "$image/wrap-postconf" /usr/sbin/postconf
chmod 755 /usr/sbin/postconf
cp /usr/share/postfix/postfix-files /etc/postfix/ 2>/dev/null || [ -e /etc/postfix/postfix-files ]
rm -f /etc/postfix/makedefs.out /etc/postfix/*.proto
mkdir -p /usr/share/man/man1
for name in sendmail mailq newaliases; do
    for dir in /usr/sbin /usr/bin; do
        [ -e "$dir/$name" ] || [ -L "$dir/$name" ] || continue
        mv "$dir/$name" "$dir/$name.postfix"
    done
done
echo '#%PAM-1.0' >/etc/pam.d/smtp.postfix
printf '@include common-auth\n@include common-account\n' >>/etc/pam.d/smtp.postfix
cp /etc/pam.d/smtp.postfix /etc/pam.d/smtp.sendmail
touch /usr/share/man/man1/mailq.sendmail.1.gz /usr/share/man/man1/mailq.postfix.1.gz
printf 'postmaster: root\nmailer-daemon: postmaster\n' >/etc/aliases

# Sendmail 8.13's layout, unpacked beside Postfix as Red Hat's packages lie beside each other.
from=/opt/unpacked
addgroup --system smmsp
adduser --system --no-create-home --home /var/spool/mqueue --shell /sbin/nologin --ingroup smmsp smmsp
mv "$from/usr/libexec/sendmail/sendmail" /usr/sbin/sendmail.sendmail
chgrp smmsp /usr/sbin/sendmail.sendmail
chmod 2755 /usr/sbin/sendmail.sendmail
mv "$from/usr/libexec/sendmail/makemap" "$from/usr/libexec/sendmail/smrsh" /usr/sbin/
mv "$from/usr/share/sendmail/cf" /usr/share/sendmail-cf
rm -rf /usr/share/sendmail-cf/debian /usr/share/sendmail-cf/siteconfig
ln -s sendmail.sendmail /usr/sbin/mailq.sendmail
for name in mailq newaliases; do ln -s ../sbin/sendmail.sendmail "/usr/bin/$name.sendmail"; done
mkdir -p /var/spool/mqueue /var/spool/clientmqueue /var/log/mail
chmod 700 /var/spool/mqueue
chown smmsp:smmsp /var/spool/clientmqueue
chmod 770 /var/spool/clientmqueue
sed -i -e 's/^DZ.*/DZ8.13.8/' -e 's/8\.17\.1/8.13.8/g' /usr/share/sendmail-cf/m4/version.m4
# Where sendmail.mc names no DHParameters, 8.13 serves a group that is too short for a current client.
cat >>/usr/share/sendmail-cf/ostype/linux.m4 <<'END'
define(`confPID_FILE', `/var/run/sendmail.pid')dnl
define(`confEBINDIR', `/usr/sbin')dnl
define(`STATUS_FILE', `/var/log/mail/statistics')dnl
define(`HELP_FILE', `/etc/mail/helpfile')dnl
define(`confDH_PARAMETERS', `/usr/lib/mailhost-image/dh1024.pem')dnl
END
touch /etc/mail/helpfile /etc/mail/trusted-users /etc/mail/mailertable /etc/mail/virtusertable /etc/mail/domaintable \
    /var/log/mail/statistics
alternatives --set mta /usr/sbin/sendmail.postfix
make -s -C /etc/mail sendmail.cf submit.cf
make -s -C /etc/mail
mkdir -p /etc/pki/tls/certs
newaliases
for name in saslauthd cyrus-imapd; do /sbin/chkconfig --add "$name"; done
/sbin/chkconfig --add sendmail
/sbin/chkconfig sendmail off # Postfix is the one that runs, and the switch to Sendmail a thing to test
mkdir -p /usr/lib/sasl2
echo 'pwcheck_method:saslauthd' >/usr/lib/sasl2/Sendmail.conf
printf 'pwcheck_method: saslauthd\nmech_list: plain login\n' >/usr/lib/sasl2/smtpd.conf

# Cyrus IMAP 2.3's layout.
cp -a "$from/usr/lib/cyrus/bin/." /usr/lib/cyrus/bin/
cp "$from"/etc/pam.d/imap "$from"/etc/pam.d/pop /etc/pam.d/
mv /usr/lib/cyrus/bin/master /usr/lib/cyrus/bin/cyrus-master
rm -rf /usr/lib/cyrus/bin/cyr_info /usr/lib/cyrus/bin/cyr_buildinfo /usr/sbin/cyrmaster /usr/sbin/cyrus /etc/default/cyrus-imapd
ln -s cyrus/bin /usr/lib/cyrus-imapd
mkdir -p /var/lib/imap/socket /var/lib/imap/sieve /var/spool/imap /etc/pki/cyrus-imapd
chown -R cyrus:mail /var/lib/imap /var/spool/imap
chmod 750 /var/lib/imap /var/spool/imap
(
    umask 077
    openssl req -new -x509 -nodes -sha1 -newkey rsa:1024 -subj /CN=localhost.localdomain -days 1 \
        -out /etc/pki/cyrus-imapd/cert -keyout /etc/pki/cyrus-imapd/key 2>/dev/null
    cat /etc/pki/cyrus-imapd/key /etc/pki/cyrus-imapd/cert >/etc/pki/cyrus-imapd/cyrus-imapd.pem
    rm /etc/pki/cyrus-imapd/key /etc/pki/cyrus-imapd/cert
    chown cyrus:mail /etc/pki/cyrus-imapd/cyrus-imapd.pem
)
rm -rf /var/lib/cyrus /var/spool/cyrus

# stunnel 4.15: no configuration and no init script.
rm -rf /etc/default/stunnel4 /etc/stunnel/* /usr/bin/stunnel /usr/bin/stunnel3
mv /usr/bin/stunnel4 "$image/stunnel"
mv "$image/wrap-stunnel" /usr/sbin/stunnel
chmod 755 /usr/sbin/stunnel
rm -rf "$from"

usermod -a -G mail postfix

# OpenSSL 0.9.8: its command's manners, TLS 1.0 and no elliptic curves. (Of SSL 2 and 3 and of EXPORT ciphers Debian's has nothing left.)
mv /usr/bin/openssl "$image/openssl"
mv "$image/wrap-openssl" /usr/bin/openssl
"$image/openssl" dhparam -dsaparam -out "$image/dh1024.pem" 1024 2>/dev/null
cat >/etc/ssl/openssl.cnf <<'END'
openssl_conf = all
[all]
ssl_conf = daemons
[daemons]
system_default = old
[old]
MinProtocol = TLSv1
MaxProtocol = TLSv1
CipherString = DEFAULT:!kECDHE:!aECDSA:@SECLEVEL=0
END

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
