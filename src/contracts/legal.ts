/** One version of one article: from when it was in force, and how to cite it. */
export type LegalVersion = {
  /** First day in force, ISO date; the last day follows from the next version. */
  from: string
  /** As a notice quotes it, such as 《反不正当竞争法》（2025修订）第九条. */
  citation: string
  /** What the article says in one sentence, in this project's words. */
  summary: string
}

/** An article a code rests on, oldest version first. */
export type LegalBasis = { zh: string; versions: readonly LegalVersion[] }
