package transport

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"

	"github.com/labelgate/labelgate/pkg/adapter"
)

// maxTokenAnswer is the largest answer to a token exchange that is read, in bytes.
const maxTokenAnswer = 1 << 20

// tokens trades the configured key for short-lived access tokens and keeps the newest in memory.
type tokens struct {
	exchange adapter.Exchange
	url, key string
	agent    string
	http     *http.Client
	redactor *redactor

	mu      sync.Mutex // guards current, and lets one exchange be made at a time
	current string
}

// tokenRefusal is the vendor's own answer to an exchange that it refused: a 4xx.
type tokenRefusal struct{ answer adapter.Response }

// Error says that the key was not taken.
func (e *tokenRefusal) Error() string {
	return fmt.Sprintf("api_key: cannot be exchanged for an access token: the vendor answered %d", e.answer.Status)
}

// token returns the access token to use; stale is one that the vendor has just refused, empty for none.
func (t *tokens) token(ctx context.Context, stale string) (string, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.current != "" && t.current != stale {
		return t.current, nil
	}
	token, err := t.trade(ctx)
	if err != nil {
		return "", err
	}
	t.current = token
	t.redactor.add(token)
	return token, nil
}

// trade makes one exchange. Errors never hold what was sent or answered.
func (t *tokens) trade(ctx context.Context) (string, error) {
	body, err := json.Marshal(map[string]string{t.exchange.KeyField: t.key})
	if err != nil {
		return "", err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, t.url, bytes.NewReader(body))
	if err != nil {
		return "", errors.New("access token: the exchange's URL is not valid")
	}
	req.Header.Set("Content-Type", jsonType)
	req.Header.Set("Accept", jsonType)
	req.Header.Set("User-Agent", t.agent)
	resp, err := t.http.Do(req)
	if err != nil {
		return "", fmt.Errorf("access token: %w", cause(err))
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxTokenAnswer))
	if err != nil {
		return "", fmt.Errorf("access token: %w", err)
	}
	return t.read(resp, answer)
}

// read finds the token in an exchange's answer.
func (t *tokens) read(resp *http.Response, answer []byte) (string, error) {
	if resp.StatusCode >= 400 && resp.StatusCode < 500 && resp.StatusCode != http.StatusTooManyRequests {
		return "", &tokenRefusal{adapter.Response{Status: resp.StatusCode, Header: firstValues(resp.Header), Body: answer}}
	}
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return "", fmt.Errorf("access token: the vendor answered %d", resp.StatusCode)
	}
	var fields map[string]json.RawMessage
	var token string
	if json.Unmarshal(answer, &fields) != nil || json.Unmarshal(fields[t.exchange.TokenField], &token) != nil || token == "" {
		return "", fmt.Errorf("access token: the answer has no %q", t.exchange.TokenField)
	}
	return token, nil
}

// bearing returns the call's header with an access token in it, and the token.
func (c *Client) bearing(ctx context.Context, r *request, stale string) (string, error) {
	limited, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	token, err := c.tokens.token(limited, stale)
	if err != nil {
		return "", err
	}
	value := token
	if c.tokens.exchange.Scheme != "" {
		value = c.tokens.exchange.Scheme + " " + token
	}
	if checkHeader("Authorization", value) != nil {
		return "", errors.New("access token: the vendor's token cannot stand in a header")
	}
	r.header["Authorization"] = []string{value}
	return token, nil
}

// doBearing makes a call with an access token. A 401 had no effect, so the call is made once more with a new token.
func (c *Client) doBearing(ctx context.Context, call adapter.Call) (adapter.Response, error) {
	stale := ""
	for {
		req, err := c.prepare(call)
		if err != nil {
			return adapter.Response{}, c.invalid(err)
		}
		token, err := c.bearing(ctx, req, stale)
		if err != nil {
			return c.noToken(ctx, err)
		}
		resp, err := c.send(ctx, call, req)
		if err != nil || resp.Status != http.StatusUnauthorized || stale != "" {
			return resp, err
		}
		stale = token
	}
}

// noToken says what it means that there is no token: a refusal is the vendor's answer to the call, all else a failure
// before anything was sent.
func (c *Client) noToken(ctx context.Context, err error) (adapter.Response, error) {
	var refused *tokenRefusal
	if errors.As(err, &refused) {
		return refused.answer, nil
	}
	return adapter.Response{}, c.failure(ctx, err, false)
}
