/*
 * Copyright 2026 The Flowgate Authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *     http://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

import { ProxiedSignInPage } from '@backstage/core-components';
import { configApiRef, useApi } from '@backstage/frontend-plugin-api';
import type { SignInPageProps } from '@backstage/plugin-app-react';
import {
  Alert,
  Button,
  Card,
  CardBody,
  Container,
  Flex,
  Text,
} from '@backstage/ui';
import { useState } from 'react';
import { chosenPerson, forgettingOnSignOut } from './chosenPerson';
import { useDemoPeople } from './useDemoPeople';

/** Lists the example people and signs in as the one who is chosen. */
export function DemoSignInPage(props: SignInPageProps) {
  const [person, setPerson] = useState(chosenPerson.get);
  if (!person) {
    return (
      <PeopleList
        onChoose={ref => {
          chosenPerson.set(ref);
          setPerson(ref);
        }}
      />
    );
  }
  return (
    <ProxiedSignInPage
      {...props}
      onSignInSuccess={identity =>
        props.onSignInSuccess(forgettingOnSignOut(identity))
      }
      provider="demo"
      headers={{ 'x-demo-person': person }}
      ErrorComponent={({ error }) => (
        <SignInError
          error={error}
          onBack={() => {
            chosenPerson.forget();
            setPerson(undefined);
          }}
        />
      )}
    />
  );
}

function SignInError(props: { error?: Error; onBack: () => void }) {
  return (
    <Container py="8">
      <Alert
        role="alert"
        status="danger"
        icon
        title="The sign-in failed"
        description={props.error?.message}
        customActions={
          <Button variant="secondary" onPress={props.onBack}>
            Choose somebody else
          </Button>
        }
      />
    </Container>
  );
}

function PeopleList(props: { onChoose: (ref: string) => void }) {
  const { people, error } = useDemoPeople();
  const title = useApi(configApiRef).getOptionalString('app.title');
  return (
    <Container py="8">
      <main style={{ margin: '0 auto', maxWidth: '36rem' }}>
        <Flex direction="column" gap="4">
          <Text as="h1" variant="title-medium" weight="bold">
            Sign in to {title ?? 'the portal'}
          </Text>
          <Text as="p" color="secondary">
            This is a demo: choose who you are, there is no password.
          </Text>
          {error && <Alert status="warning" icon title={error} />}
          {!error && people.length === 0 && (
            <Alert status="info" isPending title="The catalog is loading" />
          )}
          <Flex direction="column" gap="3">
            {people.map(({ ref, name, about }) => (
              <Card key={ref}>
                <CardBody>
                  <Flex justify="between" align="center" gap="4">
                    <div>
                      <Text as="div" weight="bold">
                        {name}
                      </Text>
                      {about && (
                        <Text as="div" color="secondary">
                          {about}
                        </Text>
                      )}
                    </div>
                    <Button
                      variant="secondary"
                      aria-label={`Sign in as ${name}`}
                      onPress={() => props.onChoose(ref)}
                      style={{ flexShrink: 0 }}
                    >
                      Sign in
                    </Button>
                  </Flex>
                </CardBody>
              </Card>
            ))}
          </Flex>
        </Flex>
      </main>
    </Container>
  );
}
