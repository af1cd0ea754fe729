import { MetadataScanner } from '@nestjs/core';
import { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import { methodsOf } from './class-methods';

class Memories {
  list(this: void): string {
    return 'of acme';
  }

  add(this: void): void {}
}

const replacement = (): string => 'of globex';

function namesOf(provided: { readonly instance: object }): string[] {
  const wrapper = new InstanceWrapper<object>({ metatype: Memories, ...provided });
  return methodsOf(wrapper, new MetadataScanner()).map(({ name }) => name);
}

describe('the methods of a controller', () => {
  it.each([undefined, null])('are those of its class if its instance is %s', (instance) => {
    const methods = methodsOf({ metatype: Memories, instance }, new MetadataScanner());
    expect(methods.map(({ name }) => name)).toEqual(['list', 'add']);
  });

  it('include both the declared and the called function if a constructor replaced the method', () => {
    const wrapper = new InstanceWrapper<object>({
      metatype: Memories,
      instance: Object.assign(new Memories(), { list: replacement }),
    });
    expect(methodsOf(wrapper, new MetadataScanner())).toEqual([
      { name: 'list', declared: Memories.prototype.list, handler: replacement },
      { name: 'add', declared: Memories.prototype.add, handler: Memories.prototype.add },
    ]);
  });

  it('exclude a method that a constructor removed', () => {
    expect(namesOf({ instance: Object.assign(new Memories(), { list: undefined }) })).toEqual(['add']);
  });
});
