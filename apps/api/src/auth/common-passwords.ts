/**
 * Whether a password is among the 49 000 that people choose most, as leaked lists show (rules/people 9). Compared without regard to
 * case. The list is loaded when somebody chooses a password, which few starts of a server see.
 */
export async function isCommonPassword(password: string): Promise<boolean> {
  const { dictionary } = await import('@zxcvbn-ts/language-common');
  return dictionary['passwords-common'].includes(password.toLowerCase());
}
