#include <gcrypt.h>
#include <stdbool.h>

/* Swift can't call functions with variable arguments. Whoever is first makes libgcrypt ready, here or in libsecret; what
   has been made ready stays as it is. Memory that can't be locked is no reason to write to standard error. */
static inline bool make_gcrypt_ready(void) {
  if (gcry_control(GCRYCTL_INITIALIZATION_FINISHED_P)) return true;
  if (!gcry_check_version("1.9.0")) return false;
  gcry_control(GCRYCTL_DISABLE_SECMEM_WARN);
  gcry_control(GCRYCTL_INIT_SECMEM, 32768, 0);
  gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
  return true;
}
