import styles from './icon.module.css'

const paths = {
  bell: 'M6 10a6 6 0 1 1 12 0v4l1.500 3h-15L6 14zM10 20h4',
  broadcast:
    'M12 12m-2 0a2 2 0 1 0 4 0a2 2 0 1 0-4 0M7.500 7.500a6.300 6.300 0 0 0 0 9M16.500 7.500a6.300 6.300 0 0 1 0 9M4.500 4.500a10.600 10.600 0 0 0 0 15M19.500 4.500a10.600 10.600 0 0 1 0 15',
  history: 'M4 12a8 8 0 1 0 2.500-5.800L4 8.500M4 4v4.500h4.500M12 8v4.500l3 1.800',
  user: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.500 20.500c.8-3.800 3.700-5.800 7.500-5.800s6.700 2 7.500 5.800',
  chevron: 'M6 9l6 6 6-6',
  left: 'M15 5l-7 7 7 7',
  close: 'M6 6l12 12M18 6L6 18',
  external: 'M10 5H5v14h14v-5M13 5h6v6M19 5l-9 9',
  link: 'M10 14a4.500 4.500 0 0 0 6.400 0l3-3a4.500 4.500 0 0 0-6.400-6.400l-1.200 1.200M14 10a4.500 4.500 0 0 0-6.400 0l-3 3a4.500 4.500 0 0 0 6.400 6.400l1.200-1.200',
  keyboard: 'M3 6.500h18v11H3zM6.500 10h.01M10 10h.01M13.500 10h.01M17 10h.01M8 14h8',
  eye: 'M2.500 12S6 5.500 12 5.500 21.500 12 21.500 12 18 18.500 12 18.500 2.500 12 2.500 12zM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6z',
  eyeOff:
    'M4 4l16 16M9.500 5.900A9 9 0 0 1 12 5.500c6 0 9.500 6.500 9.500 6.500a16 16 0 0 1-3 3.700M6.500 7.500A15.500 15.500 0 0 0 2.500 12S6 18.500 12 18.500a9 9 0 0 0 4-1',
  check: 'M5 12.500l4.500 4.500L19 7.500',
  search: 'M11 17a6 6 0 1 0 0-12 6 6 0 0 0 0 12zM15.500 15.500L20 20',
  panel: 'M4 5h16v14H4zM9.500 5v14',
  shield: 'M12 3l7.500 2.800v5.700c0 4.600-3.100 7.800-7.500 9.500-4.400-1.700-7.500-4.900-7.500-9.500V5.800z',
  scale: 'M12 4v16M7 20h10M5 7h14M5 7l-2.500 6h5zM19 7l-2.500 6h5z',
} as const

export type IconName = keyof typeof paths

/** A line drawing beside a word; it carries no meaning of its own. */
export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  return (
    <svg className={styles.icon} width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={paths[name]} />
    </svg>
  )
}
