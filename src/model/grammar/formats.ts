const octet = '(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])'
// every month has the days that it has every year
const date = '[0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))'
const time = '([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\\.[0-9]{1,6})?(Z|[+-]([01][0-9]|2[0-3]):[0-5][0-9])'
const label = '[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?'

/** `format`s as patterns: what they allow is of the format, not all of the format is allowed. */
export const formatPatterns: ReadonlyMap<string, string> = new Map([
  ['date', `^${date}$`],
  ['time', `^${time}$`],
  ['date-time', `^${date}T${time}$`],
  ['duration', '^P([1-9][0-9]{0,3}D(T[1-9][0-9]{0,3}H)?|T[1-9][0-9]{0,3}[HMS]|[1-9][0-9]{0,2}[WMY])$'],
  ['email', `^[a-zA-Z0-9]{1,16}([._+-][a-zA-Z0-9]{1,16}){0,3}@(${label}\\.){1,3}[a-z]{2,8}$`],
  ['hostname', `^(${label}\\.){0,3}${label}$`],
  ['ipv4', `^${octet}(\\.${octet}){3}$`],
  ['ipv6', '^[0-9a-f]{1,4}(:[0-9a-f]{1,4}){7}$'],
  ['uuid', '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$'],
  ['uri', `^https?://(${label}\\.){1,3}[a-z]{2,8}(/[a-zA-Z0-9._~-]{0,64}){0,8}$`]
])
