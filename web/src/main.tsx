import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { newQueryClient } from './queries'
import { newRouter } from './router'
import { catalogueOf, preferredLanguage, SayProvider } from './say'
import { followSystemTheme } from './shell/theme'
import { Announcer } from './ui/announce'
import './styles/app.css'

const language = preferredLanguage()
const catalogue = await catalogueOf(language)
const queryClient = newQueryClient()
const router = newRouter(queryClient)
followSystemTheme()
void import('./live').then(({ startLive }) => startLive(queryClient))

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <SayProvider language={language} catalogue={catalogue}>
      <QueryClientProvider client={queryClient}>
        <Announcer>
          <RouterProvider router={router} />
        </Announcer>
      </QueryClientProvider>
    </SayProvider>
  </StrictMode>,
)
