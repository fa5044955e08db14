# A signature of ours is OpenSSL's, and OpenSSL's is ours; any other key, byte or signature is not.
command -v openssl >/dev/null || { echo 'no openssl'; exit 77; }
mkdir d && cp "$SRC/samples/incident/incident.scap.zst" d/
openssl genpkey -algorithm ed25519 -out key.pem && openssl pkey -in key.pem -pubout -out pub.pem &&
	openssl genpkey -algorithm ed25519 -out other.pem && openssl pkey -in other.pem -pubout -out otherpub.pem || exit
hindcast pack -q --sign key.pem d b.tar.zst || exit
openssl pkeyutl -verify -pubin -inkey pub.pem -rawin -in b.tar.zst -sigfile b.tar.zst.sig
hindcast verify -q -k pub.pem b.tar.zst; echo "exit $?"
openssl pkeyutl -sign -inkey key.pem -rawin -in b.tar.zst -out theirs.sig && cmp theirs.sig b.tar.zst.sig
hindcast verify -q -k pub.pem --signature theirs.sig b.tar.zst; echo "exit $?"
hindcast verify -q -k otherpub.pem b.tar.zst; echo "exit $?"
hindcast verify -q -k key.pem b.tar.zst; echo "exit $?"
hindcast verify -q -k pub.pem --signature /dev/null b.tar.zst; echo "exit $?"
hindcast verify b.tar.zst | grep signature
hindcast pack -q d c.tar.zst && hindcast verify -q -k pub.pem c.tar.zst; echo "exit $?"
hindcast pack -q --sign pub.pem d c.tar.zst; echo "exit $?"
