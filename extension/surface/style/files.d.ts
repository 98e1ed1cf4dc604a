/** A picture as the bundler gives it: its text. */
declare module '*.svg' {
  const text: string
  export default text
}
/** A style sheet, which the bundler puts into surface.css. */
declare module '*.css' {}
