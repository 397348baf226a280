import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router'
import { FeedScreen } from '../features/feed/feed-screen.tsx'
import { parseSearch, stringifySearch } from '../lib/search-codec.ts'
import { feedSearch, historySearch, roomSearch, roomsSearch } from '../lib/search-params.ts'
import { CrashScreen, NotFoundScreen } from './fallback-screens.tsx'
import { Gate } from './gate.tsx'
import { Home } from './home.tsx'
import { Permitted } from './permitted.tsx'

const root = createRootRoute({ component: Gate, notFoundComponent: NotFoundScreen, errorComponent: CrashScreen })

const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  component: Home,
})

const feed = createRoute({
  getParentRoute: () => root,
  path: '/feed',
  validateSearch: feedSearch,
  component: () => (
    <Permitted permission="feed.read">
      <FeedScreen />
    </Permitted>
  ),
})

const RoomsScreen = lazyRouteComponent(() => import('../features/rooms/rooms-screen.tsx'), 'RoomsScreen')
const rooms = createRoute({
  getParentRoute: () => root,
  path: '/rooms',
  validateSearch: roomsSearch,
  component: () => (
    <Permitted permission="room.read">
      <RoomsScreen />
    </Permitted>
  ),
})

const RoomScreen = lazyRouteComponent(() => import('../features/room/room-screen.tsx'), 'RoomScreen')
const room = createRoute({
  getParentRoute: () => root,
  path: '/rooms/$roomId',
  validateSearch: roomSearch,
  component: () => (
    <Permitted permission="room.read">
      <RoomScreen />
    </Permitted>
  ),
})

const CaseScreen = lazyRouteComponent(() => import('../features/case/case-screen.tsx'), 'CaseScreen')
const caseRoute = createRoute({
  getParentRoute: () => root,
  path: '/cases/$caseId',
  component: () => (
    <Permitted permission="feed.read">
      <CaseScreen />
    </Permitted>
  ),
})

const HistoryScreen = lazyRouteComponent(() => import('../features/history/history-screen.tsx'), 'HistoryScreen')
const history = createRoute({
  getParentRoute: () => root,
  path: '/history',
  validateSearch: historySearch,
  component: () => (
    <Permitted permission="history.read">
      <HistoryScreen />
    </Permitted>
  ),
})

export const router = createRouter({
  routeTree: root.addChildren([home, feed, rooms, room, caseRoute, history]),
  parseSearch,
  stringifySearch,
  defaultPreload: 'intent',
  defaultErrorComponent: CrashScreen,
  defaultNotFoundComponent: NotFoundScreen,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
