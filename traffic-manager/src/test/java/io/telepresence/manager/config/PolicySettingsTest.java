package io.telepresence.manager.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.telepresence.fault.FaultException;
import io.telepresence.manager.policy.EngagementPolicy;
import io.telepresence.manager.sidecar.VolumeRules;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PolicySettingsTest {
    private static List<EngagementPolicy> of(String json) throws FaultException {
        return ManagerSettings.of(json.replace('\'', '"'), Map.of()).rules().policies();
    }

    @Test
    void aPolicyIsReadWhole() throws Exception {
        EngagementPolicy policy =
                of("""
                        {'policies': [{'name': 'prod', 'namespaces': ['a', 'b'], 'selector': {'matchLabels':
                          {'x.example/tier': 'Back'}, 'matchExpressions': [{'key': 'k', 'operator': 'In', 'values': ['v']},
                          {'key': 'k', 'operator': 'Exists'}]}, 'forbidUnfiltered': true, 'forbidReplace': true,
                          'wiretapOnly': true, 'requireHeader': 'X-Dev', 'forbidMounts': ['keys'],
                          'forbidServiceAccountTokens': true, 'forbidReadWriteMounts': true, 'maxDuration': '1h30m'}]}
                        """)
                        .getFirst();
        assertEquals("prod", policy.name());
        assertEquals(Set.of("a", "b"), policy.namespaces());
        assertEquals(Map.of("x.example/tier", "Back"), policy.selector().getMatchLabels());
        assertEquals(
                List.of("v"), policy.selector().getMatchExpressions().getFirst().getValues());
        assertEquals(
                new EngagementPolicy.Rules(
                        true,
                        true,
                        true,
                        "X-Dev",
                        new VolumeRules.Limits(Set.of("keys"), true, true),
                        Duration.ofMinutes(90)),
                policy.rules());
    }

    @Test
    void whatIsNotSaidIsNotForbidden() throws Exception {
        assertEquals(List.of(), of("{}"));
        EngagementPolicy policy =
                of("{'policies': [{'name': 'a', 'selector': null}]}").getFirst();
        assertNull(policy.selector());
        assertEquals(Set.of(), policy.namespaces());
        assertEquals(
                new EngagementPolicy.Rules(false, false, false, "", VolumeRules.Limits.NONE, Duration.ZERO),
                policy.rules());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{'forbidReplace': true} | policies[0].name is '', but must be a name of small letters, digits and dashes, at most 63 characters",
                "{'name': 'Prod'} | policies[0].name is 'Prod', but must be a name of small letters, digits and dashes, at most 63 characters",
                "{'name': 'a', 'forbidReplaces': true} | policies[0].forbidReplaces is not a setting; settings of policies[0] are forbidMounts, forbidReadWriteMounts, forbidReplace, forbidServiceAccountTokens, forbidUnfiltered, maxDuration, name, namespaces, requireHeader, selector, wiretapOnly",
                "{'name': 'a', 'selector': {'labels': {}}} | policies[0].selector.labels is not a setting; settings of policies[0].selector are matchExpressions, matchLabels",
                "{'name': 'a', 'forbidReplace': 'yes'} | policies[0].forbidReplace is 'yes', but must be true or false",
                "{'name': 'a', 'maxDuration': '2 days'} | policies[0].maxDuration is '2 days', but must be a duration such as 30s or 1m30s, at most 876000h",
                "{'name': 'a', 'requireHeader': 'X Dev'} | policies[0].requireHeader is 'X Dev', but must be the name of an HTTP header such as X-Dev",
                "{'name': 'a', 'forbidMounts': ['/data']} | policies[0].forbidMounts is '/data', but must be a list of names of small letters, digits and dashes",
                "{'name': 'a', 'namespaces': ['A']} | policies[0].namespaces is 'A', but must be a list of names of small letters, digits and dashes",
                "{'name': 'a', 'selector': {'matchLabels': {'b': 1}}} | policies[0].selector.matchLabels.b is 1, but must be a text",
                "{'name': 'a', 'selector': {'matchExpressions': [{'key': 'k', 'operator': 'Is'}]}} | policies[0].selector.matchExpressions[0].operator is 'Is', but must be In, NotIn, Exists or DoesNotExist",
                "{'name': 'a', 'selector': {'matchExpressions': [{'key': 'k', 'operator': 'In'}]}} | policies[0].selector.matchExpressions[0].values is [], but must be a list with In and NotIn, and missing otherwise",
                "{'name': 'a'}, {'name': 'a'} | policies[1].name is 'a', but must be another name than that of the other policies"
            })
    void whatIsWrongIsRefused(String policy, String sentence) {
        FaultException refused = assertThrows(FaultException.class, () -> of("{'policies': [" + policy + "]}"));
        assertEquals(
                "the traffic-manager's settings are wrong: " + sentence.replace('\'', '"'),
                refused.fault().text());
    }
}
