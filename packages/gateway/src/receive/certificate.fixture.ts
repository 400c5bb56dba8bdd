/**
 * A certificate for localhost and 127.0.0.1, its own authority, valid for a century: for tests alone.
 * openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500 -subj /CN=localhost
 *   -addext subjectAltName=DNS:localhost,IP:127.0.0.1
 */
export const testCertificate = `-----BEGIN CERTIFICATE-----
MIIBmjCCAUGgAwIBAgIUTK93xf6+R1nYnl/skWur6BWXuecwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNDA3NTQzOVoYDzIxMjYxMDMx
MDc1NDM5WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAS24PLsg02rehWC/BySBaZBmrjCIOCa8iOwbXKhrHfHZv428gUeGO64
x07AoIQn7vraAO4MfsYi95pg7AUBwqW9o28wbTAdBgNVHQ4EFgQUX5N2MxqUwQN1
A2hffT0U3FpVN/wwHwYDVR0jBBgwFoAUX5N2MxqUwQN1A2hffT0U3FpVN/wwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDRwAwRAIgVStBTHZiXJgrNeL/45CQ6UrQ3JAEJe8DV/BJnf9EpnwCIBOX
EDjCod8k1UTP+ItJm6C8w0TUWDo3nFYs+IK4AaGF
-----END CERTIFICATE-----
`;

export const testKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgbbX5EdE7zRjE15LP
0OreJ8kty8F9jbnlEZVwlhcKo1OhRANCAAS24PLsg02rehWC/BySBaZBmrjCIOCa
8iOwbXKhrHfHZv428gUeGO64x07AoIQn7vraAO4MfsYi95pg7AUBwqW9
-----END PRIVATE KEY-----
`;
