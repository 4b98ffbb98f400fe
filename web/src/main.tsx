import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { newQueryClient } from './queries'
import { newRouter } from './router'
import { doorOf, preferredLanguage, SayProvider } from './say'
import './shell/at-first'
import { openInside } from './shell/inside'
import { followMotion } from './shell/motion'
import { followSystemTheme } from './shell/theme'
import { Announcer } from './ui/announce'
import './styles/app.css'

const language = preferredLanguage()
const door = await doorOf(language)
const queryClient = newQueryClient()
const router = newRouter(queryClient)
followSystemTheme()
followMotion()
openInside(queryClient)

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <SayProvider language={language} door={door}>
      <QueryClientProvider client={queryClient}>
        <Announcer>
          <RouterProvider router={router} />
        </Announcer>
      </QueryClientProvider>
    </SayProvider>
  </StrictMode>,
)
