export const ECHO_PROTOCOL = '/shoal/test/echo/1.0.0'
