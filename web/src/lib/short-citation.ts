/** A citation as the trade says it, without the country's name in the title: 《广告法》第十七条. The full one stays beside it. */
export function shortCitation(citation: string): string {
  return citation.replaceAll('《中华人民共和国', '《')
}
