package fault_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/profilegate/profilegate/core/fault"
)

func TestKindsHaveStableNames(t *testing.T) {
	want := []string{
		"internal", "invalid", "unauthenticated", "forbidden", "not_found", "ambiguous", "already_exists", "conflict", "in_use",
		"precondition", "too_large", "rate_limited", "unavailable", "uncertain", "deadline_exceeded", "canceled",
	}
	var got []string
	for _, k := range fault.Kinds() {
		got = append(got, k.String())
	}
	require.Equal(t, want, got)
	require.Equal(t, "internal", fault.Kind(200).String())
	var zero fault.Kind
	require.Equal(t, fault.Internal, zero, "what nobody classified is nobody's mistake")
}

func TestAs(t *testing.T) {
	own := fault.MissingArgument("x")
	plain := errors.New("plain")
	cases := map[string]struct {
		err  error
		kind fault.Kind
		code fault.Code
	}{
		"a fault":           {own, fault.Invalid, fault.CodeMissingArgument},
		"a wrapped fault":   {fmt.Errorf("more: %w", own), fault.Invalid, fault.CodeMissingArgument},
		"a joined fault":    {errors.Join(plain, own), fault.Invalid, fault.CodeMissingArgument},
		"canceled":          {context.Canceled, fault.Canceled, fault.CodeCanceled},
		"wrapped canceled":  {fmt.Errorf("more: %w", context.Canceled), fault.Canceled, fault.CodeCanceled},
		"out of time":       {context.DeadlineExceeded, fault.DeadlineExceeded, fault.CodeDeadlineExceeded},
		"anything else":     {plain, fault.Internal, fault.CodeInternal},
		"a fault over that": {fault.Unavailablef(context.Canceled, "down"), fault.Unavailable, fault.CodeStoreUnavailable},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			f := fault.As(c.err)
			require.Equal(t, c.kind, f.Kind)
			require.Equal(t, c.code, f.Code)
			require.Equal(t, c.kind, fault.KindOf(c.err))
			require.NotEmpty(t, f.Message)
			var asIs *fault.Error
			require.Equal(t, errors.As(c.err, &asIs), fault.HasCode(c.err, c.code), "only faults have codes of their own")
			require.False(t, fault.HasCode(c.err, "another"))
		})
	}
	require.Nil(t, fault.As(nil))
	require.Equal(t, fault.Internal, fault.KindOf(nil))
	require.False(t, fault.HasCode(nil, fault.CodeInternal))
	require.ErrorIs(t, fault.As(plain), plain, "the cause stays for the log")
}

func TestInternalsStayInside(t *testing.T) {
	secret := errors.New("password 1234")
	for _, f := range []*fault.Error{fault.As(secret), fault.Internalf("wrapped: %w", secret)} {
		require.NotContains(t, f.Message, "1234")
		require.ErrorIs(t, f, secret)
		require.ErrorContains(t, f, "1234")
	}
}

func TestConstructors(t *testing.T) {
	subject := fault.Subject{Kind: "role", ID: "r"}
	cases := []struct {
		got  *fault.Error
		want fault.Error
		text string
	}{
		{
			fault.MissingArgument("a.b"),
			fault.Error{Kind: fault.Invalid, Code: "missing_argument", Message: `Missing argument "a.b".`, Fields: []fault.Field{{Path: "a.b"}}},
			`invalid: Missing argument "a.b".`,
		},
		{
			fault.EmptyArgument("a"),
			fault.Error{Kind: fault.Invalid, Code: "empty_argument", Message: `The argument "a" is empty.`, Fields: []fault.Field{{Path: "a"}}},
			`invalid: The argument "a" is empty.`,
		},
		{
			fault.InvalidType("a", "integer"),
			fault.Error{
				Kind: fault.Invalid, Code: "invalid_type", Message: `Wrong type for argument "a" (expected: integer)`,
				Fields: []fault.Field{{Path: "a", Expected: "integer"}},
			},
			`invalid: Wrong type for argument "a" (expected: integer)`,
		},
		{
			fault.InvalidArgument("a", "zero"),
			fault.Error{
				Kind: fault.Invalid, Code: "invalid_argument", Message: `Invalid argument "a". Expected: zero`,
				Fields: []fault.Field{{Path: "a", Expected: "zero"}},
			},
			`invalid: Invalid argument "a". Expected: zero`,
		},
		{
			fault.UnexpectedArgument("a", "b", "c"),
			fault.Error{
				Kind: fault.Invalid, Code: "unexpected_argument", Message: `Unexpected argument "a" (accepted arguments: "b", "c")`,
				Fields: []fault.Field{{Path: "a", Values: []string{"b", "c"}}},
			},
			`invalid: Unexpected argument "a" (accepted arguments: "b", "c")`,
		},
		{
			fault.NotFoundf(fault.CodeRoleNotFound, subject, "Role %q not found.", "r"),
			fault.Error{Kind: fault.NotFound, Code: "role_not_found", Message: `Role "r" not found.`, Subject: subject},
			`not_found: Role "r" not found.`,
		},
		{
			fault.Unavailablef(context.Canceled, "%d nodes are down", 3),
			fault.Error{Kind: fault.Unavailable, Code: "store_unavailable", Message: "3 nodes are down", Cause: context.Canceled},
			`unavailable: 3 nodes are down: context canceled`,
		},
	}
	for _, c := range cases {
		require.Equal(t, c.want, *c.got)
		require.EqualError(t, c.got, c.text)
	}
}

// Codes are part of the gRPC contract, where they are upper-cased.
func TestCodesAreWords(t *testing.T) {
	word := regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`)
	for _, code := range []fault.Code{
		fault.CodeInternal, fault.CodeStale, fault.CodeWaitTimeout, fault.CodeIDTooLong, fault.CodeProfileTypeNotFound,
		fault.CodeSpecKeyMissing, fault.CodeAnonymousLogin, fault.CodeNotSupported,
	} {
		require.Regexp(t, word, string(code))
	}
}
