/* wolfSSL for its example server and client over DTLS 1.2: AEAD suites with ECDHE, RSA and
 * ECDSA certificates, and pre-shared keys. Debian's library is built by configure with
 * --enable-distro; this says the same of what DTLS 1.2 uses, without autotools. */
#include <unistd.h> /* _POSIX_THREADS, which the examples ask for before anything includes it */

#define WOLFSSL_DTLS
#define WOLFSSL_DTLS_MTU /* option -u takes an MTU; without it, no datagram above 1400 bytes is read whole */
#define HAVE_TLS_EXTENSIONS
#define HAVE_SUPPORTED_CURVES
#define HAVE_EXTENDED_MASTER
#define HAVE_ENCRYPT_THEN_MAC
#define HAVE_SERVER_RENEGOTIATION_INFO
#define HAVE_SNI
#define WOLFSSL_STATIC_PSK

#define HAVE_ECC
#define ECC_SHAMIR
#define ECC_TIMING_RESISTANT
#define TFM_TIMING_RESISTANT
#define WC_RSA_BLINDING
#define WC_RSA_PSS
#define HAVE_AESGCM
#define GCM_TABLE_4BIT
#define HAVE_CHACHA
#define HAVE_POLY1305
#define WOLFSSL_SHA224
#define WOLFSSL_SHA384
#define WOLFSSL_SHA512
#define HAVE_HASHDRBG
#define WOLFSSL_SP_MATH_ALL
#define HAVE___UINT128_T 1
#define SIZEOF_LONG 8
#define SIZEOF_LONG_LONG 8

#define NO_OLD_TLS
#define NO_RC4
#define NO_MD4
#define NO_DSA
#define NO_DES3
#define NO_WOLFSSL_DIR
